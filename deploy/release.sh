#!/usr/bin/env bash
# Deploys a build's artifact to an environment: release.sh ENVIRONMENT BUILD. The artifact was made
# once, as s3://$ARTIFACTS/BUILD/template.yaml; its code lies beside it and is never built again.
# Outside of prod the alias leads to it at once; in prod it stays where it is, for shift.sh to move.
set -euo pipefail

environment=${1:?an environment, such as sit}
build=${2:?a build, such as 1.0.0}
: "${ARTIFACTS:?the bucket of artifacts}"

template=$(mktemp)
trap 'rm -f "$template"' EXIT
aws s3 cp "s3://$ARTIFACTS/$build/template.yaml" "$template"
live=
if [ "$environment" = prod ]; then
    live=$(aws lambda get-alias --function-name product-handler-prod --name live --output text \
        --query FunctionVersion 2>/dev/null || true) # none before the first deployment
fi
aws cloudformation deploy --stack-name "products-$environment" --template-file "$template" \
    --capabilities CAPABILITY_NAMED_IAM --no-fail-on-empty-changeset \
    --parameter-overrides "Environment=$environment" "ServiceVersion=$build" "LiveVersion=$live"
