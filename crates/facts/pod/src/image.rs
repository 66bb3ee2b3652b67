//! Image references, parsed as container runtimes do (`github.com/distribution/reference`): never by splitting at `:`.

use ironclad_model::Spot;
use ironclad_views::{Pod, PodContainer};
use std::borrow::Cow;
use std::fmt;

/// A parsed, normalised reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageReference<'t> {
    /// Registry host with port; `docker.io` where none is written.
    pub registry: &'t str,
    /// Repository below the registry, `library/` added for single names of Docker Hub.
    pub repository: Cow<'t, str>,
    /// Tag.
    pub tag: Option<&'t str>,
    /// Digest, `sha256:…`.
    pub digest: Option<&'t str>,
}

/// Why a reference does not parse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageError {
    /// Nothing is written.
    Empty,
    /// White space somewhere.
    WhiteSpace,
    /// Upper-case letters in the repository.
    UpperCase,
    /// The repository breaks the grammar.
    Repository,
    /// The registry breaks the grammar.
    Registry,
    /// The tag breaks the grammar or is too long.
    Tag,
    /// The digest breaks the grammar or has the wrong length.
    Digest,
    /// More than 255 characters of registry and repository.
    TooLong,
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ImageError::Empty => "it is empty",
            ImageError::WhiteSpace => "it holds white space",
            ImageError::UpperCase => "the repository has upper-case letters",
            ImageError::Repository => "the repository is not lower-case letters, digits and single separators",
            ImageError::Registry => "the registry is no host name",
            ImageError::Tag => "the tag is not up to 128 letters, digits, `_`, `.` and `-`",
            ImageError::Digest => "the digest is not its algorithm and as many hexadecimal digits as that has",
            ImageError::TooLong => "registry and repository are longer than 255 characters",
        })
    }
}

impl std::error::Error for ImageError {}

impl<'t> ImageReference<'t> {
    /// Parses a reference as written in a manifest.
    pub fn parse(text: &'t str) -> Result<Self, ImageError> {
        if text.is_empty() {
            return Err(ImageError::Empty);
        }
        let has_space = if text.is_ascii() {
            text.bytes().any(|b| b.is_ascii_whitespace() || b == 0x0B)
        } else {
            text.chars().any(char::is_whitespace)
        };
        if has_space {
            return Err(ImageError::WhiteSpace);
        }
        let (named, digest) = match text.split_once('@') {
            Some((named, digest)) => (named, Some(digest)),
            None => (text, None),
        };
        if digest.is_some_and(|d| !valid_digest(d)) {
            return Err(ImageError::Digest);
        }
        // The tag's colon is the one after the last slash: before it lies a port.
        let last = named.rfind('/').map_or(0, |slash| slash + 1);
        let (path, tag) = match named[last..].find(':') {
            Some(colon) => (&named[..last + colon], Some(&named[last + colon + 1..])),
            None => (named, None),
        };
        if tag.is_some_and(|t| !valid_tag(t)) {
            return Err(ImageError::Tag);
        }
        let (registry, rest) = match path.split_once('/') {
            Some((first, rest)) if is_registry(first) => (first, rest),
            _ => ("docker.io", path),
        };
        let registry = if registry == "index.docker.io" { "docker.io" } else { registry };
        if registry != "docker.io" && !valid_registry(registry) {
            return Err(ImageError::Registry);
        }
        if !valid_repository(rest) {
            let upper = rest.bytes().any(|b| b.is_ascii_uppercase());
            return Err(if upper { ImageError::UpperCase } else { ImageError::Repository });
        }
        let hub_name = registry == "docker.io" && !rest.contains('/');
        let repository = if hub_name { Cow::Owned(format!("library/{rest}")) } else { Cow::Borrowed(rest) };
        if registry.len() + 1 + repository.len() > 255 {
            return Err(ImageError::TooLong);
        }
        Ok(ImageReference { registry, repository, tag, digest })
    }

    /// Registry and repository: `docker.io/library/nginx`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// Last part of the repository: `nginx`.
    pub fn basename(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or_default()
    }

    /// The tag is `latest`, or neither tag nor digest is written.
    pub fn floats(&self) -> bool {
        self.digest.is_none() && self.tag.is_none_or(|tag| tag == "latest")
    }
}

fn is_registry(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost" || first.bytes().any(|b| b.is_ascii_uppercase())
}

fn valid_registry(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[').and_then(|h| h.split_once(']')) {
        Some((v6, rest)) => {
            let port = rest.strip_prefix(':');
            let v6_ok = !v6.is_empty() && v6.bytes().all(|b| b.is_ascii_hexdigit() || b == b':');
            return v6_ok && (rest.is_empty() || port.is_some_and(is_port));
        }
        None => host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port))),
    };
    let label = |l: &str| {
        !l.is_empty()
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    name.split('.').all(label) && port.is_none_or(is_port)
}

fn is_port(port: &str) -> bool {
    !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())
}

/// Components of lower-case letters and digits, separated inside by `.`, `_`, `__` or any number of `-`.
fn valid_repository(path: &str) -> bool {
    let alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    path.as_bytes().split(|b| *b == b'/').all(|component| {
        let ends = component.first().zip(component.last());
        if !ends.is_some_and(|(first, last)| alphanumeric(*first) && alphanumeric(*last)) {
            return false;
        }
        // Letters and digits are on both sides of each separator.
        component.split(|b| alphanumeric(*b)).all(|separator| match separator {
            [] | [b'.' | b'_'] | [b'_', b'_'] => true,
            run => run.iter().all(|b| *b == b'-'),
        })
    })
}

fn valid_tag(tag: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    tag.len() <= 128 && tag.bytes().next().is_some_and(word) && tag.bytes().all(|b| word(b) || b == b'.' || b == b'-')
}

fn valid_digest(digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else { return false };
    let length = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return false,
    };
    hex.len() == length && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// `imagePullPolicy`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PullPolicy {
    /// Ask the registry at every start.
    Always,
    /// Only when the node has none.
    IfNotPresent,
    /// Never.
    Never,
}

impl PullPolicy {
    /// As written in manifests.
    pub fn parse(text: &str) -> Option<PullPolicy> {
        match text {
            "Always" => Some(PullPolicy::Always),
            "IfNotPresent" => Some(PullPolicy::IfNotPresent),
            "Never" => Some(PullPolicy::Never),
            _ => None,
        }
    }
}

/// The policy that takes effect: the written one; else `Always` for `latest` or no tag without a digest; else
/// `IfNotPresent` (k8s.io/kubernetes `pkg/apis/core/v1.SetDefaults_Container`).
pub fn effective_pull_policy(written: Option<&str>, image: &ImageReference<'_>) -> PullPolicy {
    let default = if image.floats() { PullPolicy::Always } else { PullPolicy::IfNotPresent };
    written.and_then(PullPolicy::parse).unwrap_or(default)
}

/// An image that a pod uses.
pub struct Image<'p, 'a> {
    /// The text.
    pub text: &'a str,
    /// Where.
    pub spot: Spot<'a>,
    /// The container that runs it; none for an image volume.
    pub container: Option<&'p PodContainer<'a>>,
    /// The written pull policy.
    pub pull_policy: Option<&'a str>,
    /// Where the policy is, or would be.
    pub pull_policy_spot: Spot<'a>,
}

/// Images of containers and of image volumes, in source order of the lists.
pub fn images<'p, 'a>(pod: &'p Pod<'a>) -> Vec<Image<'p, 'a>> {
    let of_containers = pod.containers.iter().filter_map(|container| {
        let field = container.image();
        Some(Image {
            text: field.get()?,
            spot: field.spot(),
            container: Some(container),
            pull_policy: container.image_pull_policy().get(),
            pull_policy_spot: container.image_pull_policy().spot(),
        })
    });
    let of_volumes = pod.spec.volumes().iter().filter_map(|volume| {
        let image = volume.image();
        let field = image.reference();
        Some(Image {
            text: field.get()?,
            spot: field.spot(),
            container: None,
            pull_policy: image.pull_policy().get(),
            pull_policy_spot: image.pull_policy().spot(),
        })
    });
    of_containers.chain(of_volumes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        let sha = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        for (text, name, tag, digest) in [
            ("nginx", "docker.io/library/nginx", None, false),
            ("nginx:1.27", "docker.io/library/nginx", Some("1.27"), false),
            ("registry:5000/app", "registry:5000/app", None, false),
            ("registry:5000/app:v1", "registry:5000/app", Some("v1"), false),
            ("localhost/a/b", "localhost/a/b", None, false),
            ("index.docker.io/foo/bar", "docker.io/foo/bar", None, false),
            ("[2001:db8::1]:5000/x:y", "[2001:db8::1]:5000/x", Some("y"), false),
            ("a/b__c/d--e.f", "docker.io/a/b__c/d--e.f", None, false),
        ] {
            let image = ImageReference::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!((image.name().as_str(), image.tag, image.digest.is_some()), (name, tag, digest), "{text}");
        }
        let pinned = format!("ghcr.io/o/app:1@{sha}");
        let image = ImageReference::parse(&pinned).unwrap();
        assert_eq!((image.tag, image.digest), (Some("1"), Some(sha)));
        assert!(!image.floats());
    }

    #[test]
    fn refused() {
        for (text, error) in [
            ("", ImageError::Empty),
            (" nginx", ImageError::WhiteSpace),
            ("docker.io/Nginx", ImageError::UpperCase),
            ("nginx:", ImageError::Tag),
            ("nginx:-a", ImageError::Tag),
            ("nginx@sha256:abc", ImageError::Digest),
            ("a//b", ImageError::Repository),
            ("a/b_", ImageError::Repository),
            ("host-.com/a", ImageError::Registry),
            ("a/b:c:d", ImageError::Tag),
        ] {
            assert_eq!(ImageReference::parse(text), Err(error), "{text}");
        }
    }
}
