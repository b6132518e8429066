#!/usr/bin/env bash
# Takes a build out of the traffic, at once: rollback.sh ENVIRONMENT BUILD. In a shift of traffic its
# weight goes; after one the alias leads to the version that served before it, which shift.sh noted
# in the alias's description: the version with the number below may be a build that was taken back.
# A build that takes no traffic is left alone, so that a rollback that is repeated undoes nothing else.
set -euo pipefail

environment=${1:?an environment, such as prod}
build=${2:?a build, such as 1.0.0}
function="product-handler-$environment"

versions=$(aws lambda list-versions-by-function --function-name "$function" --output json)
alias=$(aws lambda get-alias --function-name "$function" --name live --output json)
revision=$(jq -r .RevisionId <<<"$alias")
live=$(jq -r .FunctionVersion <<<"$alias")
is_build() { jq -e --arg version "$1" --arg build "$build" \
    'any(.Versions[]; .Version == $version and .Description == $build)' <<<"$versions" >/dev/null; }

weighted=
for version in $(jq -r '.RoutingConfig.AdditionalVersionWeights // {} | keys[]' <<<"$alias"); do
    if is_build "$version"; then weighted=$version; fi
done
if is_build "$live"; then
    # Every published version of another build, one a line, and the one of them that was noted.
    others=$(jq -r --arg build "$build" '.Versions[]
        | select(.Version != "$LATEST" and .Description != $build) | .Version' <<<"$versions")
    noted=$(jq -r --arg before "before $build: version " '[(.Description // "") | split("; ")[]
        | select(startswith($before)) | ltrimstr($before)][0] // "nothing"' <<<"$alias")
    target=$(grep -Fx -- "$noted" <<<"$others" || true)
    if [ -z "$target" ] && [ "$(wc -w <<<"$others")" -gt 1 ]; then
        echo "$function: which version served before build $build is not noted in the alias, and it" \
            "may be any of $(xargs <<<"$others"): lead the alias live to it by aws lambda update-alias" >&2
        exit 4
    fi
    target=${target:-$others}
    if [ -z "$target" ]; then
        echo "$function has no version of another build than $build to go back to" >&2
        exit 4
    fi
elif [ -n "$weighted" ]; then
    target=$live
else
    echo "build $build takes no traffic of $function: nothing to take back"
    exit 0
fi
# Whoever changed the alias meanwhile is not overruled.
aws lambda update-alias --function-name "$function" --name live --revision-id "$revision" \
    --function-version "$target" --routing-config '{"AdditionalVersionWeights": {}}'
