#!/bin/bash
# Other programs asked the same questions of one API server as ours, beside the server's own answer, as Markdown.
#
# Wants a cluster of its own as the current context (`cargo xtask control-plane start`), created from world.yaml
# (`kubectl create -f tools/rbac-peers/world.yaml`), and in the PATH: kubectl, ironclad, kubectl-who-can, rbac-tool, rakkess.
# A program that is not there is said to be so. Docs: docs/concepts/rbac-peers.md.
set -u
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
kubectl get clusterroles,clusterrolebindings,roles,rolebindings -A -o json >"$folder/world.json" || exit 2

users=(scaler prober root named twin member any-ns horizontal-pod-autoscaler)

# Who of them may, by SubjectAccessReviews.
truth() {
  for user in "${users[@]}"; do
    as=(--as "$user")
    [ "$user" = member ] && as+=(--as-group team)
    [ "$user" = horizontal-pod-autoscaler ] && as=(--as "system:serviceaccount:kube-system:$user")
    kubectl auth can-i "${as[@]}" "$@" >/dev/null 2>&1 && echo "$user"
  done
}

# Who of them a program names; the member's group stands for him.
named() {
  command -v "$1" >/dev/null || { echo "not here"; return; }
  "$@" >"$folder/answer" 2>/dev/null
  for user in "${users[@]}"; do
    word=$user
    [ "$user" = member ] && word=team
    grep -qE "(^|[ /:])$word( |\$)" "$folder/answer" && echo "$user"
  done
}

# Right, or what differs.
judged() {
  [ "$1" = "not here" ] && { echo "not here"; return; }
  missing=$(comm -13 <(sort <<<"$1") <(sort <<<"$2") | paste -sd ' ')
  extra=$(comm -23 <(sort <<<"$1") <(sort <<<"$2") | paste -sd ' ')
  [ -z "$missing$extra" ] && { echo right; return; }
  echo "${missing:+misses $missing}${missing:+${extra:+, }}${extra:+adds $extra}"
}

# Question; then the words for kubectl auth can-i, ironclad, kubectl-who-can, rbac-tool, rakkess (`-` is none).
row() {
  truth=$(truth $2)
  ours=$(named ironclad rbac who-can -q $3 "$folder/world.json")
  who=$(named kubectl-who-can $4)
  tool=$(named rbac-tool who-can $5)
  rak="–"
  [ "$6" != - ] && rak=$(judged "$(named rakkess resource $6)" "$truth")
  echo "| $1 | $(paste -sd ' ' <<<"$truth") | $(judged "$ours" "$truth") | $(judged "$who" "$truth") | $(judged "$tool" "$truth") | $rak |"
}

echo "| question | the server | ironclad | kubectl-who-can | rbac-tool | rakkess |"
echo "|---|---|---|---|---|---|"
row "\`update deployments/scale\` in shop, granted as \`*/scale\`" \
  "update deployments.apps --subresource scale -n shop" "update deployments.apps/scale -n shop" \
  "update deployments.apps --subresource scale -n shop" "update deployments/scale" -
row "\`get /healthz/etcd\`, granted as \`/healthz*\` and \`*\`" \
  "get /healthz/etcd" "get /healthz/etcd" "get /healthz/etcd" "get /healthz/etcd" -
row "\`list configmaps\` in shop, one rule limited to a name" \
  "list configmaps -n shop" "list configmaps -n shop" "list configmaps -n shop" "list configmaps" \
  "configmaps --verbs list -n shop"
row "\`create pods/exec\` in shop" \
  "create pods --subresource exec -n shop" "create pods/exec -n shop" "create pods --subresource exec -n shop" \
  "create pods/exec" -
row "\`get secrets\` in shop, a bound Role with the name of an unbound ClusterRole" \
  "get secrets -n shop" "get secrets -n shop" "get secrets -n shop" "get secrets" "secrets --verbs get -n shop"
row "\`get nodes\`, which a RoleBinding cannot give" \
  "get nodes" "get nodes" "get nodes -n shop" "get nodes" "nodes --verbs get -n shop"
