#!/usr/bin/env bash
# Leads a share of the traffic to the published version of a build: shift.sh ENVIRONMENT BUILD SHARE
# with a share of 0.1, 0.5 or 1. $LATEST takes no weight, so the build is looked for among the
# function's versions, by the description it was published with. The alias's own description keeps
# which version served before the build, for rollback.sh: who may shift may write it, too. What it keeps
# of earlier builds stays behind that, for as many as fit: the build may go, and the one before it next.
set -euo pipefail

environment=${1:?an environment, such as prod}
build=${2:?a build, such as 1.0.0}
share=${3:?a share of the traffic, such as 0.1}
function="product-handler-$environment"

versions=$(aws lambda list-versions-by-function --function-name "$function" --output json)
# The versions of the build, the newest last.
mapfile -t own < <(jq -r --arg build "$build" '[.Versions[]
    | select(.Version != "$LATEST" and .Description == $build) | .Version | tonumber]
    | sort[]' <<<"$versions")
if [ ${#own[@]} -eq 0 ]; then
    echo "$function has no published version of build $build" >&2
    exit 4
fi
new=${own[-1]}
alias=$(aws lambda get-alias --function-name "$function" --name live --output json)
revision=$(jq -r .RevisionId <<<"$alias")
live=$(jq -r .FunctionVersion <<<"$alias")
noted=$(jq -r '.Description // ""' <<<"$alias")
description=$(jq -nr --arg build "$build" --arg live "$live" --arg noted "$noted" '
    def notes: [$noted | split("; ")[]
        | select(test("^before .+: version [0-9]+$") and (startswith("before \($build): ") | not))];
    ["before \($build): version \($live)"] + notes
    | until(length == 1 or (join("; ") | length) <= 256; .[:-1]) | join("; ")')
if [[ " ${own[*]} " == *" $live "* ]]; then
    if [ "$share" != 1 ]; then
        echo "version $live of build $build already takes the traffic; nothing to share it with" >&2
        exit 4
    fi
    description=$noted
fi
if [ "$share" = 1 ]; then
    version=$new weights='{}'
else
    version=$live
    weights=$(jq -nc --arg version "$new" --argjson share "$share" '{($version): $share}')
fi
# Whoever changed the alias meanwhile is not overruled.
aws lambda update-alias --function-name "$function" --name live --revision-id "$revision" \
    --function-version "$version" --description "$description" \
    --routing-config "{\"AdditionalVersionWeights\": $weights}"
