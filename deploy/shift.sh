#!/usr/bin/env bash
# Leads a share of the traffic to the published version of a build: shift.sh ENVIRONMENT BUILD SHARE
# with a share of 0.1, 0.5 or 1. $LATEST takes no weight, so the build is looked for among the
# function's versions, by the description it was published with.
set -euo pipefail

environment=${1:?an environment, such as prod}
build=${2:?a build, such as 1.0.0}
share=${3:?a share of the traffic, such as 0.1}
function="product-handler-$environment"

new=$(aws lambda list-versions-by-function --function-name "$function" --output text \
    --query "Versions[?Description=='$build'] | [-1].Version")
if [ -z "$new" ] || [ "$new" = None ]; then
    echo "$function has no published version of build $build" >&2
    exit 4
fi
alias=$(aws lambda get-alias --function-name "$function" --name live)
revision=$(jq -r .RevisionId <<<"$alias")
if [ "$share" = 1 ]; then
    version=$new weights='{}'
else
    version=$(jq -r .FunctionVersion <<<"$alias")
    weights=$(jq -nc --arg version "$new" --argjson share "$share" '{($version): $share}')
fi
# Whoever changed the alias meanwhile is not overruled.
aws lambda update-alias --function-name "$function" --name live --revision-id "$revision" \
    --function-version "$version" --routing-config "{\"AdditionalVersionWeights\": $weights}"
