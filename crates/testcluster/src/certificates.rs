//! Certificates of one control plane: an authority, the server's own, and one for each user that a test wants to be.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, PublicKeyData, SanType, SigningKey,
};
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use yasna::models::ObjectIdentifier;
use yasna::{DERWriter, Tag, construct_der};

/// Common name of the authority.
const AUTHORITY: &str = "ironclad-test";
/// `id-at-commonName`
const COMMON_NAME: &[u64] = &[2, 5, 4, 3];
/// `id-at-organizationName`
const ORGANISATION: &[u64] = &[2, 5, 4, 10];
/// `ecdsa-with-SHA256`
const ECDSA_SHA256: &[u64] = &[1, 2, 840, 10045, 4, 3, 2];
/// `id-ce-extKeyUsage`, `id-kp-clientAuth`
const EXTENDED_KEY_USAGE: &[u64] = &[2, 5, 29, 37];
const CLIENT_AUTH: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 2];

/// A certificate and its key, as PEM.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The certificate.
    pub certificate: String,
    /// The private key.
    pub key: String,
}

/// Signs certificates that the API server trusts.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    /// A new one, for one control plane.
    ///
    /// # Errors
    ///
    /// When the system has no randomness to give.
    pub fn new() -> io::Result<Authority> {
        let mut params = CertificateParams::default();
        params.distinguished_name = name(AUTHORITY);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(io::Error::other)?;
        Ok(Authority { issuer })
    }

    /// Its certificate, as PEM.
    pub fn certificate(&self) -> String {
        self.issuer.pem()
    }

    /// For a server on loopback.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn server(&self) -> io::Result<Identity> {
        let names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"].map(str::to_owned);
        let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
        params.distinguished_name = name("kube-apiserver");
        for address in [Ipv4Addr::LOCALHOST, Ipv4Addr::new(10, 0, 0, 1)] {
            params.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(address)));
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.sign(params)
    }

    /// For a user of these groups: the API server reads the common name and every organisation. Written by hand, because
    /// rcgen knows one organisation a name.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn client(&self, user: &str, groups: &[&str]) -> io::Result<Identity> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let public = key.subject_public_key_info();
        let body = construct_der(|writer| {
            writer.write_sequence(|writer| {
                writer.next().write_tagged(Tag::context(0), |writer| writer.write_i64(2));
                writer.next().write_i64(1);
                algorithm(writer.next());
                subject(writer.next(), AUTHORITY, &[]);
                writer.next().write_sequence(|writer| {
                    for time in ["200101000000Z", "491231235959Z"] {
                        let utc_time: Vec<u8> = [&[0x17, time.len() as u8], time.as_bytes()].concat();
                        writer.next().write_der(&utc_time);
                    }
                });
                subject(writer.next(), user, groups);
                writer.next().write_der(&public);
                writer.next().write_tagged(Tag::context(3), |writer| {
                    writer.write_sequence_of(|writer| {
                        writer.next().write_sequence(|writer| {
                            writer.next().write_oid(&ObjectIdentifier::from_slice(EXTENDED_KEY_USAGE));
                            let usage = construct_der(|writer| {
                                writer.write_sequence_of(|writer| {
                                    writer.next().write_oid(&ObjectIdentifier::from_slice(CLIENT_AUTH));
                                });
                            });
                            writer.next().write_bytes(&usage);
                        });
                    });
                });
            });
        });
        let signature = self.issuer.key().sign(&body).map_err(io::Error::other)?;
        let whole = construct_der(|writer| {
            writer.write_sequence(|writer| {
                writer.next().write_der(&body);
                algorithm(writer.next());
                writer.next().write_bitvec_bytes(&signature, signature.len() * 8);
            });
        });
        let certificate = pem::encode(&pem::Pem::new("CERTIFICATE", whole));
        Ok(Identity { certificate, key: key.serialize_pem() })
    }

    fn sign(&self, params: CertificateParams) -> io::Result<Identity> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(io::Error::other)?;
        Ok(Identity { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}

fn name(common: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common);
    name
}

fn algorithm(writer: DERWriter<'_>) {
    writer.write_sequence(|writer| writer.next().write_oid(&ObjectIdentifier::from_slice(ECDSA_SHA256)));
}

fn subject(writer: DERWriter<'_>, common: &str, organisations: &[&str]) {
    let parts = std::iter::once((COMMON_NAME, common)).chain(organisations.iter().map(|o| (ORGANISATION, *o)));
    writer.write_sequence_of(|writer| {
        for (kind, text) in parts {
            writer.next().write_set_of(|writer| {
                writer.next().write_sequence(|writer| {
                    writer.next().write_oid(&ObjectIdentifier::from_slice(kind));
                    writer.next().write_utf8_string(text);
                });
            });
        }
    });
}
