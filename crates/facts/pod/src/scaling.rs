//! How many pods a workload has, and who decides it.

use crate::same_namespace;
use ironclad_model::{Kind, Object, ObjectId, Snapshot, Spot, group_of};
use ironclad_tree::f;
use ironclad_views::{Field, IntOrText, ScaleTarget, View, spec};
use rustc_hash::FxHashMap;

/// Kinds that scale others.
pub const SCALERS: [Kind; 2] = [Kind::HORIZONTAL_POD_AUTOSCALER, Kind::SCALED_OBJECT];

/// Which autoscaler scales which object.
pub struct Scaling {
    by_target: FxHashMap<ObjectId, Vec<ObjectId>>,
}

impl Scaling {
    /// Follows every HorizontalPodAutoscaler and KEDA ScaledObject of a snapshot to its target.
    pub fn find_out(snapshot: &Snapshot) -> Scaling {
        let mut by_target: FxHashMap<ObjectId, Vec<ObjectId>> = FxHashMap::default();
        for scaler in SCALERS.into_iter().flat_map(|kind| snapshot.of_kind(kind)) {
            if let Some(target) = scale_target(scaler, snapshot) {
                by_target.entry(target.id()).or_default().push(scaler.id());
            }
        }
        Scaling { by_target }
    }

    /// The autoscalers of an object.
    pub fn scalers(&self, target: &Object) -> &[ObjectId] {
        self.by_target.get(&target.id()).map_or(&[], Vec::as_slice)
    }

    /// The pods that an object has at least, as far as the snapshot says it.
    pub fn replicas(&self, target: &Object, snapshot: &Snapshot) -> Replicas {
        let scaled: Vec<(i64, i64)> =
            self.scalers(target).iter().filter_map(|id| bounds(snapshot.object(*id)?)).collect();
        if let (Some(min), Some(max)) =
            (scaled.iter().map(|(min, _)| *min).max(), scaled.iter().map(|(_, max)| *max).max())
        {
            return Replicas { least: min, most: max, source: ReplicaSource::Scaler };
        }
        match replicas(target).get() {
            Some(count) => Replicas { least: count, most: count, source: ReplicaSource::Written },
            None => Replicas { least: 1, most: 1, source: ReplicaSource::Default },
        }
    }
}

/// How many pods a workload has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Replicas {
    /// At least.
    pub least: i64,
    /// At most.
    pub most: i64,
    /// Who says so.
    pub source: ReplicaSource,
}

/// Who says how many pods a workload has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReplicaSource {
    /// An autoscaler.
    Scaler,
    /// `spec.replicas`.
    Written,
    /// Nobody: the API server writes 1, unless an autoscaler that is not in the snapshot keeps another number.
    Default,
}

/// `spec.replicas`: Deployments, ReplicaSets, StatefulSets and the kinds built like them.
pub fn replicas(object: &Object) -> Field<'_, i64> {
    spec::<ironclad_views::DeploymentSpec<'_>>(object).replicas()
}

/// `scaleTargetRef` of an autoscaler.
pub fn scale_target_ref(scaler: &Object) -> ScaleTarget<'_> {
    ScaleTarget::at(Spot::at(scaler.root()).field(f::SPEC).field(f::SCALE_TARGET_REF))
}

/// `apiVersion`, kind and name that an autoscaler names; none without a name. KEDA takes a Deployment where its
/// ScaledObject says no kind.
pub fn scale_target_name(scaler: &Object) -> Option<(&str, &str, &str)> {
    let target = scale_target_ref(scaler);
    let name = target.name().get().filter(|name| !name.is_empty())?;
    let given = (target.api_version().get().unwrap_or_default(), target.kind().get().unwrap_or_default());
    let (version, kind) = match given {
        ("", "" | "Deployment") if scaler.kind() == Kind::SCALED_OBJECT => ("apps/v1", "Deployment"),
        given => given,
    };
    Some((version, kind, name))
}

/// The object that an autoscaler scales: same namespace, group, kind and name; the version does not matter.
pub fn scale_target<'a>(scaler: &Object, snapshot: &'a Snapshot) -> Option<&'a Object> {
    let (version, kind, name) = scale_target_name(scaler)?;
    let known = Kind::of(version, kind);
    snapshot.named(known, scaler.namespace(), name).into_iter().find(|object| {
        let group = group_of(version);
        // Kinds that moved are found under both groups; the controller maps the old one too.
        let same_group = group == group_of(object.api_version()) || group == known.group() || group == "extensions";
        same_namespace(object, scaler) && object.kind_name() == kind && same_group
    })
}

/// Smallest and largest number of pods that an autoscaler allows. Without a word of its own `minReplicas` is 1; KEDA's
/// bounds are 0 and 100.
fn bounds(scaler: &Object) -> Option<(i64, i64)> {
    let spec = scaler.root().get(f::SPEC)?.value();
    let number = |name: &str| spec.get_str(name).and_then(|entry| entry.value().as_i64());
    Some(if scaler.kind() == Kind::SCALED_OBJECT {
        (number("minReplicaCount").unwrap_or(0), number("maxReplicaCount").unwrap_or(100))
    } else {
        let least = number("minReplicas").unwrap_or(1);
        (least, number("maxReplicas").unwrap_or(least))
    })
}

/// A number of pods, or a part of all of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Share {
    /// So many.
    Count(i64),
    /// So many of a hundred.
    Percent(i64),
}

impl Share {
    /// Reads `3` or `50%`; none for what the API server refuses.
    pub fn of(value: IntOrText<'_>) -> Option<Share> {
        match value {
            IntOrText::Int(count) => Some(Share::Count(count)),
            IntOrText::Text(text) => {
                let digits =
                    text.strip_suffix('%').filter(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()))?;
                digits.parse().ok().map(Share::Percent)
            }
        }
    }

    /// Of `total` pods, rounded up as the disruption controller does.
    pub fn of_pods(self, total: i64) -> i64 {
        match self {
            Share::Count(count) => count,
            Share::Percent(percent) => percent.saturating_mul(total).saturating_add(99).div_euclid(100),
        }
    }
}

/// `0` or `0%`?
pub fn is_zero(value: IntOrText<'_>) -> bool {
    matches!(Share::of(value), Some(Share::Count(0) | Share::Percent(0)))
}
