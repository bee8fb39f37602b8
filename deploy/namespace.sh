#!/bin/sh
# Makes the namespace and the search attributes of incidents. Safe to run again at any time: what is there stays as it
# is. Where Temporal is comes from TEMPORAL_ADDRESS, the name of the namespace from TEMPORAL_NAMESPACE.
set -eu

namespace=${TEMPORAL_NAMESPACE:-default}
pause=${PAUSE:-2}

# try runs a command until it succeeds, for two minutes: a server that has just started refuses for a moment.
try() {
	left=60
	until "$@"; do
		left=$((left - 1))
		if [ "$left" -eq 0 ]; then
			echo "given up: $*" >&2
			return 1
		fi
		sleep "$pause"
	done
}

# Closed incidents stay visible for 90 days.
make_namespace() {
	temporal operator namespace describe --namespace "$namespace" >/dev/null 2>&1 ||
		temporal operator namespace create --namespace "$namespace" --retention 90d
}

make_attributes() {
	temporal operator search-attribute create --namespace "$namespace" \
		--name IncidentKey --type Keyword \
		--name Severity --type Keyword \
		--name Phase --type Keyword \
		--name Service --type Keyword \
		--name Team --type Keyword \
		--name Commander --type Keyword \
		--name Runbook --type Keyword \
		--name AlertSource --type Keyword \
		--name Environment --type Keyword \
		--name DetectedAt --type Datetime \
		--name AcknowledgedAt --type Datetime \
		--name ResolvedAt --type Datetime \
		--name AlertCount --type Int \
		--name EscalationLevel --type Int \
		--name CustomerImpact --type Bool \
		--name Drill --type Bool \
		--name Title --type Text \
		--name Responders --type KeywordList
}

try temporal operator cluster health
try make_namespace
try make_attributes
echo "namespace $namespace: done"
