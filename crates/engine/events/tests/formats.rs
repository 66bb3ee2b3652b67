//! Logs as they are exported: every shape gives the same events, and what is broken is named with its line.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

use ironclad_events::{Counts, Malformed, ReadLimits, read};

const EVENT: &str = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"a","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/shop/pods?limit=1","verb":"list","user":{"username":"alice","groups":["dev","system:authenticated"]},"sourceIPs":["::1"],"objectRef":{"resource":"pods","namespace":"shop","apiVersion":"v1"},"responseStatus":{"metadata":{},"code":200},"requestObject":{"kind":"X","items":[{"a":"}]{[\"\\"}]},"annotations":{"authorization.k8s.io/decision":"allow"}}"#;

fn all(input: &[u8]) -> (Vec<String>, Vec<Malformed>, Counts) {
    let (mut events, mut bad) = (Vec::new(), Vec::new());
    let counts = read(
        input,
        &ReadLimits { record: 1 << 16 },
        &mut |event| {
            let object = event.object_ref.clone().unwrap_or_default();
            events.push(format!(
                "{} {} {}/{}/{}/{} {:?} {}",
                &*event.effective_user().username,
                &*event.verb,
                object.group(),
                &*object.namespace,
                &*object.resource,
                &*object.name,
                event.code(),
                event.decision()
            ));
        },
        &mut |malformed| bad.push(malformed),
    );
    assert_eq!((counts.events, counts.malformed), (events.len() as u64, bad.len() as u64));
    (events, bad, counts)
}

const EXPECTED: &str = "alice list /shop/pods/ Some(200) allow";

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

#[test]
fn every_shape_gives_the_same_events() {
    let pretty =
        |text: &str| serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(text).unwrap()).unwrap();
    let list =
        format!(r#"{{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{{}},"items":[{EVENT},{EVENT}]}}"#);
    let watch = format!(
        r#"{{"events":[{{"logStreamName":"kube-apiserver-audit-1","timestamp":1,"message":{0}}},{{"message":{0}}}],"searchedLogStreams":[]}}"#,
        quoted(EVENT)
    );
    let subscription = format!(
        r#"{{"messageType":"DATA_MESSAGE","logEvents":[{{"id":"1","message":{0}}},{{"id":"2","message":{0}}}]}}"#,
        quoted(EVENT)
    );
    let azure = format!(
        r#"{{"category":"kube-audit","properties":{{"log":{},"stream":"stdout"}}}}"#,
        quoted(&format!("{EVENT}\n"))
    );
    let records = format!(r#"{{"records":[{azure},{azure}]}}"#);
    let agent = format!(r#"{{"log":{},"stream":"stdout"}}"#, quoted(EVENT));
    for (name, text) in [
        ("lines", format!("{EVENT}\n{EVENT}\n")),
        ("no last line break, blank lines, a byte order mark", format!("\u{feff}{EVENT}\r\n\n  {EVENT}")),
        ("two on a line", format!("[{EVENT},{EVENT}]")),
        ("an indented event", format!("{}\n{}", pretty(EVENT), pretty(EVENT))),
        ("an indented array", format!("[\n{},\n{}\n]\n", pretty(EVENT), pretty(EVENT))),
        ("EventList", list.clone()),
        ("EventList, indented", pretty(&list)),
        ("filter-log-events", watch.clone()),
        ("filter-log-events, indented", pretty(&watch)),
        ("a subscription", subscription),
        ("an export to files", format!("2026-01-01T00:00:00.000Z {EVENT}\n2026-01-01T00:00:01.000Z {EVENT}\n")),
        ("Azure Monitor", records),
        ("Azure Monitor, lines", format!("{azure}\n{azure}\n")),
        ("a log agent", format!("{agent}\n{agent}\n")),
    ] {
        let (events, bad, _) = all(text.as_bytes());
        assert_eq!(
            (events.as_slice(), bad.as_slice()),
            (&[EXPECTED.to_owned(), EXPECTED.to_owned()][..], &[][..]),
            "{name}"
        );
    }
}

#[test]
fn google_translates_and_we_translate_back() {
    let entry = |method: &str, name: &str, rest: &str| {
        format!(
            r#"{{"protoPayload":{{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","serviceName":"k8s.io","authenticationInfo":{{"principalEmail":"eve@example.com"}},"methodName":"{method}","resourceName":"{name}"{rest}}},"insertId":"i","timestamp":"2026-01-01T00:00:00Z"}}"#
        )
    };
    for (method, name, rest, expected) in [
        ("io.k8s.core.v1.pods.list", "core/v1/namespaces/shop/pods", "", "list /shop/pods/ Some(200) "),
        (
            "io.k8s.core.v1.pods.exec.create",
            "core/v1/namespaces/shop/pods/web/exec",
            "",
            "create /shop/pods/web Some(200) ",
        ),
        (
            "io.k8s.authorization.rbac.v1.clusterroles.patch",
            "rbac.authorization.k8s.io/v1/clusterroles/admin",
            r#","status":{"code":7},"authorizationInfo":[{"granted":false}]"#,
            "patch rbac.authorization.k8s.io//clusterroles/admin Some(403) forbid",
        ),
        ("io.k8s.core.v1.namespaces.get", "core/v1/namespaces/shop", "", "get /shop/namespaces/shop Some(200) "),
        ("io.k8s.get", "healthz", "", "get ///  Some(200) "),
    ] {
        let (events, bad, _) = all(entry(method, name, rest).as_bytes());
        let expected = format!("eve@example.com {}", expected.replace("///  ", "/// "));
        assert_eq!((events, bad), (vec![expected], vec![]), "{method}");
    }
    let (events, bad, counts) = all(entry("google.container.v1.ClusterManager.GetCluster", "x", "").as_bytes());
    assert_eq!((events.len(), bad.len(), counts.others), (0, 0, 1));
}

#[test]
fn what_is_broken_is_named_with_its_line_and_the_rest_counts() {
    let cut = &EVENT[..EVENT.find("\"verb\"").unwrap()];
    let text = format!(
        "{EVENT}\nnot json\n{}\n{EVENT}\n{cut}\n{EVENT}\n{{\"kind\":\"Event\",\"user\":3}}\n{EVENT}\n{cut}",
        &EVENT[..200]
    );
    let (events, bad, _) = all(text.as_bytes());
    assert_eq!(events.len(), 4, "{bad:?}");
    assert_eq!(bad.iter().map(|bad| bad.line).collect::<Vec<_>>(), [2, 3, 5, 7, 9], "{bad:?}");
    let (_, bad, _) = all(b"\xff\xfe\n");
    assert_eq!(bad[0].message, "is not UTF-8");
    // Other kinds in the same stream are no errors.
    let core = r#"{"kind":"Event","apiVersion":"v1","metadata":{},"reason":"Started"}"#;
    let login = format!(r#"{{"events":[{{"message":"time=1 level=info msg=x"}},{{"message":{}}}]}}"#, quoted(EVENT));
    let (events, bad, counts) = all(format!("{core}\n{login}\n").as_bytes());
    assert_eq!((events.len(), bad.len(), counts.others), (1, 0, 2));
}

#[test]
fn a_record_is_never_larger_than_the_limit() {
    let long = format!("{{\"kind\":\"Event\",\"a\":\"{}\"}}\n{EVENT}\n", "x".repeat(1 << 17));
    let (events, bad, _) = all(long.as_bytes());
    assert_eq!((events.len(), bad.len(), bad[0].line), (1, 1, 1));
    assert!(bad[0].message.contains("more than 65536 bytes"), "{bad:?}");
    // A list on one line may be longer: its elements are the records.
    let many = vec![EVENT; 300].join(",");
    let (events, bad, _) = all(format!("{{\"kind\":\"EventList\",\"items\":[{many}]}}\n{EVENT}\n").as_bytes());
    assert_eq!((events.len(), bad.as_slice()), (301, &[][..]));
}

#[test]
fn packed_logs_are_unpacked() {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writeln!(encoder, "{EVENT}").unwrap();
    let packed = encoder.finish().unwrap();
    let twice = [packed.clone(), packed.clone()].concat();
    assert_eq!(all(&twice).0.len(), 2);
    let (_, bad, _) = all(&packed[..packed.len() - 12]);
    assert!(bad[0].message.starts_with("the stream breaks off"), "{bad:?}");
    let zstd =
        ruzstd::encoding::compress_to_vec(format!("{EVENT}\n").as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
    let twice = [zstd.clone(), zstd].concat();
    assert_eq!(all(&twice).0.len(), 2);
}

/// The same log under three versions of the API.
#[test]
fn versions_of_the_event() {
    let old = EVENT
        .replace("audit.k8s.io/v1", "audit.k8s.io/v1alpha1")
        .replace(r#""namespace":"shop","apiVersion":"v1""#, r#""namespace":"shop","apiVersion":"apps/v1""#);
    let (events, bad, _) = all(old.as_bytes());
    assert_eq!((events, bad), (vec!["alice list apps/shop/pods/ Some(200) allow".to_owned()], vec![]));
    let (events, _, _) = all(EVENT.replace("/v1\"", "/v1beta1\"").as_bytes());
    assert_eq!(events.len(), 1);
}
