"""API Gateway as the template has it, with what moto lacks: the export of what a stage runs.

A deployment is a copy of the API as it stood. What is changed since is not answered until it is
deployed, and the export of a stage tells of the copy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reference_service.local.protection import Resources

_ANY = "x-amazon-apigateway-any-method"
# API id and deployment id -> what was deployed, as OpenAPI has paths.
_deployed: dict[tuple[str, str], dict[str, Any]] = {}


def make(resources: Resources) -> tuple[str, tuple[str, str]]:
    """The API with one deployment on its stage: its id, and its integration's place."""
    _deployed.clear()
    template = resources.template
    client = resources.client("apigateway")
    api_id = str(client.create_rest_api(name=template.properties("Api")["Name"])["id"])
    root = client.get_resources(restApiId=api_id)["items"][0]["id"]
    template.references["Api"] = api_id
    template.attributes["Api.RootResourceId"] = root
    part = template.properties("ApiProxy")["PathPart"]
    proxy = str(client.create_resource(restApiId=api_id, parentId=root, pathPart=part)["id"])
    template.references["ApiProxy"] = proxy
    function = template.properties("HandlerFunction")["FunctionName"]
    alias = template.properties("LiveAlias")["Name"]
    template.references["LiveAlias"] = (
        f"arn:aws:lambda:{template.region}:{template.account}:function:{function}:{alias}"
    )
    method = template.properties("ApiAny")
    of: dict[str, Any] = {
        "restApiId": api_id,
        "resourceId": proxy,
        "httpMethod": method["HttpMethod"],
    }
    client.put_method(**of, authorizationType=method["AuthorizationType"])
    integration = method["Integration"]
    client.put_integration(
        **of,
        type=integration["Type"],
        integrationHttpMethod=integration["IntegrationHttpMethod"],
        uri=integration["Uri"],
    )
    template.references["ApiDeployment"] = deploy(resources, api_id)
    stage = template.properties("ApiStage")
    client.create_stage(
        restApiId=api_id,
        stageName=stage["StageName"],
        deploymentId=stage["DeploymentId"],
        tracingEnabled=stage["TracingEnabled"],
    )
    template.references["ApiStage"] = stage["StageName"]
    (settings,) = stage["MethodSettings"]
    patches = {
        "metrics/enabled": str(settings["MetricsEnabled"]).lower(),
        "throttling/rateLimit": str(settings["ThrottlingRateLimit"]),
        "throttling/burstLimit": str(settings["ThrottlingBurstLimit"]),
    }
    client.update_stage(
        restApiId=api_id,
        stageName=stage["StageName"],
        patchOperations=[
            {"op": "replace", "path": f"/*/*/{path}", "value": value}
            for path, value in patches.items()
        ],
    )
    return api_id, (proxy, method["HttpMethod"])


def map_domain(resources: Resources, api_id: str, certificate: str) -> str:
    """Maps the environment's domain to the API; returns what a record has to lead to."""
    mapping = resources.template.properties("ApiBasePath")
    client = resources.client("apigateway")
    made = client.create_domain_name(
        domainName=mapping["DomainName"],
        regionalCertificateArn=certificate,
        endpointConfiguration={"types": ["REGIONAL"]},
        securityPolicy="TLS_1_2",
    )
    client.create_base_path_mapping(
        domainName=mapping["DomainName"],
        basePath=mapping["BasePath"],
        restApiId=api_id,
        stage=mapping["Stage"],
    )
    return str(made["regionalDomainName"])


def deploy(resources: Resources, api_id: str) -> str:
    """Keeps the API as it stands, for stages to run; returns the deployment's id."""
    client = resources.client("apigateway")
    made = str(client.create_deployment(restApiId=api_id)["id"])
    _deployed[api_id, made] = {
        str(one["path"]): {
            _ANY if method == "ANY" else method.lower(): _operation(about)
            for method, about in one.get("resourceMethods", {}).items()
        }
        for one in client.get_resources(restApiId=api_id, embed=["methods"])["items"]
    }
    return made


def export(account: str, region: str, api_id: str, stage: str) -> dict[str, Any]:
    """The stage's deployment in OpenAPI 3.0, with its integrations."""
    from moto.apigateway.models import apigateway_backends

    api: Any = apigateway_backends[account][region].get_rest_api(api_id)
    return {
        "openapi": "3.0.1",
        "info": {"title": api.name, "version": "1"},
        "paths": _deployed[api_id, api.stages[stage].deployment_id],
    }


def _operation(about: dict[str, Any]) -> dict[str, Any]:
    integration = about.get("methodIntegration", {})
    return {
        "x-amazon-apigateway-integration": {
            "type": str(integration.get("type", "")).lower(),
            "httpMethod": integration.get("httpMethod"),
            "uri": integration.get("uri"),
        }
    }
