#!/bin/sh
# Creates Nightshift's namespace, keeps closed incidents for 30 days, and registers its search attributes.
# Can be run again at any time, and against any Temporal cluster: the temporal CLI's own TEMPORAL_ADDRESS,
# TEMPORAL_TLS_* and TEMPORAL_API_KEY say where it is. TEMPORAL_NAMESPACE: default `default`. TEMPORAL_CLI: the
# program, default `temporal`.
set -eu

namespace=${TEMPORAL_NAMESPACE:-default}
retention=30d
temporal=${TEMPORAL_CLI:-temporal}

# A new namespace takes up to 15 s to be known to every part of the server.
retry() {
  attempt=1
  until "$@"; do
    [ "$attempt" -lt 12 ] || return 1
    attempt=$((attempt + 1))
    sleep 3
  done
}

if "$temporal" operator namespace describe --namespace "$namespace" >/dev/null 2>&1; then
  "$temporal" operator namespace update --namespace "$namespace" --retention "$retention"
else
  retry "$temporal" operator namespace create --namespace "$namespace" --retention "$retention"
fi

attribute() {
  echo "search attribute $1 ($2)"
  retry "$temporal" operator search-attribute create --namespace "$namespace" --name "$1" --type "$2"
}
attribute NightshiftTarget Keyword
attribute NightshiftRunbook Keyword
attribute NightshiftSeverity Keyword
attribute NightshiftOutcome Keyword
attribute NightshiftNeedsDecision Bool
attribute NightshiftShortId Keyword
echo "The namespace $namespace is ready."
