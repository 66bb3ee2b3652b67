//! The API server as the test asks it: many requests at once, each as whoever it wants to be.

use futures_util::StreamExt as _;
use http::{Request, header};
use http_body_util::BodyExt as _;
use ironclad_authz::{Target, User};
use ironclad_cluster::{Access, Connection, Progress, Read, Want, read};
use ironclad_model::Kind;
use ironclad_testcluster::ControlPlane;
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Requests under way at once.
const AT_ONCE: usize = 24;
/// How long the server's caches may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// One request.
pub(crate) struct Call {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) body: Value,
    /// Media type of the body.
    pub(crate) media: &'static str,
    /// Somebody else.
    pub(crate) user: Option<User>,
}

impl Call {
    pub(crate) fn post(path: &str, body: Value) -> Call {
        Call { method: "POST", path: path.to_owned(), body, media: "application/json", user: None }
    }
}

/// Status and body.
pub(crate) type Answer = (u16, Value);

pub(crate) struct Api<'p> {
    plane: &'p ControlPlane,
    runtime: Runtime,
    client: Client,
}

impl Api<'_> {
    pub(crate) fn of(plane: &ControlPlane) -> Api<'_> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let client = runtime.block_on(async {
            let file = Kubeconfig::read_from(plane.kubeconfig()).unwrap();
            let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await.unwrap();
            Client::try_from(config).unwrap()
        });
        Api { plane, runtime, client }
    }

    /// Answers in the order of the calls.
    pub(crate) fn all(&self, calls: Vec<Call>) -> Vec<Answer> {
        self.runtime.block_on(async {
            let answers = calls.into_iter().map(|call| one(self.client.clone(), call));
            futures_util::stream::iter(answers).buffered(AT_ONCE).collect().await
        })
    }

    /// Statuses of SubjectAccessReviews.
    pub(crate) fn review(&self, asked: &[(User, ironclad_authz::Request)]) -> Vec<Value> {
        let calls = asked.iter().map(|(user, request)| Call::post(REVIEWS, review(user, request))).collect();
        let answers = self.all(calls).into_iter().zip(asked);
        let status = |((code, body), asked): (Answer, &(User, ironclad_authz::Request))| {
            assert_eq!(code, 201, "{asked:?}: {body}");
            body["status"].clone()
        };
        answers.map(status).collect()
    }

    /// Asks until all of these are allowed: what the server's authorizers read has caught up with what was written.
    pub(crate) fn until_allowed(&self, asked: &[(User, ironclad_authz::Request)]) {
        let deadline = Instant::now() + PATIENCE;
        while self.review(asked).iter().any(|status| status["allowed"] != true) {
            assert!(Instant::now() < deadline, "the caches of the server did not catch up: {asked:?}");
        }
    }

    /// The objects of these kinds, as our own reader sees them.
    pub(crate) fn read(&self, kinds: &[Kind]) -> Read {
        let access = Access { kubeconfig: Some(self.plane.kubeconfig()), ..Access::default() };
        let connection = Connection::open(&access).unwrap();
        let wanted = kinds.iter().map(|kind| Want::Kind(*kind)).collect();
        let request = ironclad_cluster::Request { wanted, ..ironclad_cluster::Request::default() };
        let read = read(&connection, &request, &Progress::default()).unwrap();
        assert!(read.unseen.is_empty(), "{:?}", read.unseen);
        read
    }
}

const REVIEWS: &str = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

fn review(user: &User, request: &ironclad_authz::Request) -> Value {
    let mut spec = json!({"user": user.name, "groups": user.groups});
    match &request.target {
        Target::Resource { group, resource, subresource, name, namespace } => {
            spec["resourceAttributes"] = json!({
                "verb": request.verb, "group": group, "resource": resource, "subresource": subresource,
                "name": name, "namespace": namespace,
            });
        }
        Target::Path(path) => spec["nonResourceAttributes"] = json!({"verb": request.verb, "path": path}),
    }
    json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec})
}

async fn one(client: Client, call: Call) -> Answer {
    loop {
        let mut request = Request::builder()
            .method(call.method)
            .uri(&call.path)
            .header(header::CONTENT_TYPE, call.media)
            .header(header::ACCEPT, "application/json");
        if let Some(user) = &call.user {
            request = request.header("Impersonate-User", &user.name);
            for group in &user.groups {
                request = request.header("Impersonate-Group", group);
            }
        }
        let body = if call.body.is_null() { Vec::new() } else { call.body.to_string().into_bytes() };
        let response = client.send(request.body(Body::from(body)).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        // The server's own fairness asks for patience, and only that.
        if status != 429 {
            return (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null));
        }
    }
}
