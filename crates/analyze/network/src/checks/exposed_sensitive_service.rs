//! `network/exposed-sensitive-service`

use ironclad_check::{Cx, Meta, Param, ParamDefault, Profile};
use ironclad_model::{Kind, LabelSelector, Object, Severity, Spot};
use ironclad_pod::ImageReference;
use ironclad_reach::{LabelledPods, Namespace, Published, Way, labelled_pods, published};
use ironclad_tree::f;
use ironclad_views::{Service, View};
use std::sync::Arc;

pub(super) static META: Meta = Meta {
    id: "network/exposed-sensitive-service",
    title: "administrative interface reachable from outside",
    severity: Severity::High,
    profile: Profile::CrossObject,
    reads: &[
        Kind::SERVICE,
        Kind::INGRESS,
        Kind::HTTP_ROUTE,
        Kind::GRPC_ROUTE,
        Kind::TCP_ROUTE,
        Kind::TLS_ROUTE,
        Kind::UDP_ROUTE,
        Kind::ANY_POD,
    ],
    tags: &["mitre:T1133"],
    params: &[
        Param {
            name: "services",
            default: ParamDefault::Texts(&[
                "adminer",
                "argo-server",
                "jenkins",
                "jupyter",
                "kubernetes-dashboard",
                "minio",
                "mlflow",
                "nifi",
                "nifi-service",
                "ollama",
                "phpmyadmin",
                "portainer",
                "postgres",
                "ray-head",
                "tiller-deploy",
                "vllm",
                "weave-scope-app",
                "workflow-controller-metrics",
            ]),
            doc: "names of Services that are administrative interfaces",
        },
        Param {
            name: "images",
            default: ParamDefault::Texts(&[
                "adminer",
                "apache/nifi",
                "argoproj/argocli",
                "jenkins",
                "jenkins/jenkins",
                "jupyter/base-notebook",
                "jupyter/scipy-notebook",
                "kubernetesui/dashboard",
                "kubernetesui/dashboard-web",
                "mlflow",
                "mlflow/mlflow",
                "mongo-express",
                "ollama/ollama",
                "phpmyadmin",
                "phpmyadmin/phpmyadmin",
                "portainer/portainer-ce",
                "rayproject/ray",
                "rayproject/ray-ml",
                "redis/redisinsight",
                "vllm/vllm-openai",
                "weaveworks/scope",
            ]),
            doc: "ends of the names of images whose interfaces are administrative",
        },
    ],
    page: include_str!("exposed_sensitive_service.md"),
    ..Meta::DEFAULT
};

/// What the whole snapshot says.
type Facts = (Arc<LabelledPods>, Arc<Published>);

pub(super) fn check(service: &Object, cx: &mut Cx<'_>) {
    let (pods, published): &Facts = cx.once(|cx| (labelled_pods(cx), published(cx)));
    let ways = published.ways(service);
    let Some(way) = ways.first() else { return };
    let selector = Service::at(service.root().into()).spec().selector();
    let mut what = cx.texts("services").iter().find(|name| *name == service.name()).map(|name| format!("\"{name}\""));
    if what.is_none()
        && let Some(node) = selector.node().filter(|node| !node.is_empty())
    {
        let selector = LabelSelector::of_map(node);
        let selected = pods.select(&Namespace::of(service), &selector);
        let mut images = selected.flat_map(|pod| &pod.value.images);
        let patterns = cx.texts("images");
        what = images.find(|image| is_one_of(image, patterns)).map(|image| format!("image `{image}`"));
    }
    let Some(what) = what else {
        // What it sends to is not in the set: it may be anything.
        if pods.is_empty() {
            cx.context(&[Kind::ANY_POD]);
        }
        return;
    };
    let name = Spot::at(service.root()).field(f::METADATA).field(f::NAME);
    let through = match way {
        Way::Through(id) => cx.object_of(*id),
        _ => None,
    };
    let how = match (way, through) {
        (Way::NodePort, _) => "a port of every node".to_owned(),
        (Way::LoadBalancer, _) => "a load balancer".to_owned(),
        (Way::ExternalIp, _) => "an external address".to_owned(),
        (Way::Through(_), object) => object.map_or_else(|| "a route".to_owned(), |o| o.identity().to_string()),
    };
    let finder = cx.find(name, format!("administrative interface {what} is reachable through {how}"));
    let finder = finder.label("such interfaces run code for whoever reaches them");
    if let Some(object) = through {
        finder.related_in(object, object.root(), "the way in");
    }
}

/// Does the name of the image end with one of these, at a boundary?
fn is_one_of(image: &str, patterns: &[String]) -> bool {
    let Ok(reference) = ImageReference::parse(image) else { return false };
    let name = reference.name();
    let ends = |pattern: &String| name.strip_suffix(pattern.as_str()).is_some_and(|rest| rest.ends_with('/'));
    patterns.iter().any(ends)
}
