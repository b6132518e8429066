#!/usr/bin/env bash
# Deploys a build's artifact to an environment: release.sh ENVIRONMENT BUILD. The artifact was made
# once, as s3://$ARTIFACTS/BUILD/template.yaml; its code lies beside it and is never built again.
# Outside of prod the alias leads to it at once; in prod it stays where it is, for shift.sh to move.
set -euo pipefail

environment=${1:?an environment, such as sit}
build=${2:?a build, such as 1.0.0}
: "${ARTIFACTS:?the bucket of artifacts}"

template=$(mktemp)
problem=$(mktemp)
trap 'rm -f "$template" "$problem"' EXIT
aws s3 cp "s3://$ARTIFACTS/$build/template.yaml" "$template"
live=
if [ "$environment" = prod ]; then
    # There is none before the first deployment; where it cannot be read, nothing is deployed, for
    # without its version the alias would lead all of the traffic to the new one.
    if ! live=$(aws lambda get-alias --function-name "product-handler-$environment" --name live \
        --output text --query FunctionVersion 2>"$problem"); then
        cat "$problem" >&2
        grep -q ResourceNotFoundException "$problem" || exit 3
        live=
    fi
fi
aws cloudformation deploy --stack-name "products-$environment" --template-file "$template" \
    --capabilities CAPABILITY_NAMED_IAM --no-fail-on-empty-changeset \
    --parameter-overrides "Environment=$environment" "ServiceVersion=$build" "LiveVersion=$live"
