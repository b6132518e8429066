#!/usr/bin/env bash
# Takes a build out of the traffic, at once: rollback.sh ENVIRONMENT BUILD. In a shift of traffic its
# weight goes; after one the alias leads to the version that was published before it.
set -euo pipefail

environment=${1:?an environment, such as prod}
build=${2:?a build, such as 1.0.0}
function="product-handler-$environment"

versions=$(aws lambda list-versions-by-function --function-name "$function")
alias=$(aws lambda get-alias --function-name "$function" --name live)
live=$(jq -r .FunctionVersion <<<"$alias")
is_build() { jq -e --arg version "$1" --arg build "$build" \
    'any(.Versions[]; .Version == $version and .Description == $build)' <<<"$versions" >/dev/null; }
target=$live
if is_build "$live"; then
    target=$(jq -r --arg build "$build" --argjson live "$live" '[.Versions[]
        | select(.Version != "$LATEST" and (.Version | tonumber) < $live and .Description != $build)
        | .Version | tonumber] | max // empty' <<<"$versions")
fi
if [ -z "$target" ]; then
    echo "$function has no version before build $build to go back to" >&2
    exit 4
fi
aws lambda update-alias --function-name "$function" --name live --function-version "$target" \
    --routing-config '{"AdditionalVersionWeights": {}}'
