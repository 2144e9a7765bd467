"""Writes what in the chart follows from elsewhere: `make chart`.

* values.schema.json: types from values.yaml, narrowed by `RULES` here, and `config` from the program's own model,
  so that a typo in an option is refused before anything is installed.
* files/dashboards: copies of docker/observability's, since a chart has what lies in its folder and nothing else.
* the table in README.md: each value with its default and the `# --` comment above it in values.yaml.

Refuses judgement: what a value means is written in values.yaml, once. A test runs this and compares.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

from interceptor.config import Config

CHART = Path(__file__).parent / "chart"

SET_BY_THE_CHART = {
    "": {
        "endpoint",
        "token",
        "token_file",
        "cluster",
        "node",
        "proxy",
        "tls",
        "server",
        "output",
        "ingest",
        "kubernetes",
    },
    "capture": {"sources", "user", "password", "password_file", "ca_file", "active_hosts"},
    "spool": {"directory", "max_bytes"},
    "collector": {"database", "max_bytes"},
}
"""Options that `config` does not take: other values say them, or the chart decides."""

PORT = {"type": "integer", "minimum": 1, "maximum": 65535}
POSITIVE = {"type": "integer", "minimum": 1}
COUNT = {"type": "integer", "minimum": 0}
FREE = {"type": "object"}
NAMED = {"type": "array", "items": {"type": "object", "required": ["name"]}}
DURATION = {"type": "string", "pattern": "^([0-9]+(ms|s|m|h))+$"}
DURATION_OR_NONE = {"type": "string", "pattern": "^$|^([0-9]+(ms|s|m|h))+$"}
DIGEST = {"type": "string", "pattern": "^$|^sha256:[0-9a-f]{64}$"}
CIDR = r"^[0-9]+(\.[0-9]+){3}(/[0-9]{1,2})?$|^[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(/[0-9]{1,3})?$"
"""An address or a network of either kind; the API server judges the numbers."""
GLOBS = {"type": "array", "items": {"type": "string", "minLength": 1}}
CIDRS = {"type": "array", "items": {"type": "string", "pattern": CIDR}}
PROXY = r"([^\s/]*@)?(\[[0-9A-Fa-f:.]+\]|[^\s/@:\[\]]+)(:[0-9]{1,5})?/?$"
"""What follows the scheme."""
WORDS = {"type": "object", "additionalProperties": {"type": "string"}}
"""Labels, annotations, selectors: Kubernetes takes no number and no boolean there."""
LABELS = WORDS | {"propertyNames": {"not": {"pattern": "^app\\.kubernetes\\.io/(name|instance|component)$"}}}
"""Those that select the pods are the chart's."""
PROBE = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "initialDelaySeconds": COUNT,
        "periodSeconds": POSITIVE,
        "timeoutSeconds": POSITIVE,
        "failureThreshold": POSITIVE,
        "successThreshold": POSITIVE,
        "terminationGracePeriodSeconds": POSITIVE,
    },
}
"""What is asked is the chart's."""
AT_ONCE = {"type": ["integer", "string"], "pattern": "^[1-9][0-9]*%$", "minimum": 1}
"""A number of pods or a share of them."""
TLS_MODE = {"enum": ["generated", "existingSecret", "off"]}
SERVICE = {"enum": ["ClusterIP", "NodePort", "LoadBalancer"]}
GLOBAL = {
    "type": "object",
    "properties": {
        "imageRegistry": {"type": "string"},
        "imagePullSecrets": {"type": "array", "items": {"type": ["object", "string"]}},
        "storageClass": {"type": "string"},
    },
}
"""What an umbrella chart says to all of its charts: what is honoured here has its type, the rest is others'."""

RULES: dict[str, dict[str, Any]] = {
    "global": GLOBAL,
    "mode": {"enum": ["relay", "direct"]},
    "endpoint": {"type": "string", "pattern": r"^$|^https?://[^\s/@]+(/\S*)?$"},
    "httpsProxy": {
        "type": "string",
        "pattern": rf"^$|^((https?|socks5h?)://)?{PROXY}",
    },
    "proxyUrl": {
        "type": "string",
        "pattern": rf"^$|^(https?|socks5h?)://{PROXY}",
    },
    "clusterDomain": {"type": "string", "pattern": r"^[a-z0-9.-]+$"},
    "fullnameOverride": {"type": "string", "pattern": r"^$|^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$"},
    "nameOverride": {"type": "string", "pattern": r"^$|^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$"},
    "namespaceOverride": {"type": "string", "pattern": r"^$|^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"},
    "commonLabels": LABELS,
    "extraObjects": {"type": "array", "items": {"type": ["object", "string"]}},
    "image.pullPolicy": {"enum": ["Always", "IfNotPresent", "Never"]},
    "image.interceptor.digest": DIGEST,
    "image.rpcapd.digest": DIGEST,
    "image.pullSecrets": NAMED,
    "port": PORT,
    "capture.rpcapdPort": PORT,
    "capture.rpcapdBufferMiB": {"type": "integer", "minimum": 1, "maximum": 1024},
    "capture.capabilities": {
        "type": "array",
        "items": {"type": "string", "pattern": "^[A-Z_]+$"},
        "contains": {"const": "NET_RAW"},
    },
    "kubernetes.namespaces.include": GLOBS,
    "kubernetes.namespaces.exclude": GLOBS,
    "common.extraEnv": NAMED,
    "common.envFrom": {"type": "array", "items": FREE},
    "common.extraVolumes": NAMED,
    "common.extraVolumeMounts": {
        "type": "array",
        "items": {"type": "object", "required": ["name", "mountPath"]},
    },
    "common.initContainers": NAMED,
    "common.extraContainers": NAMED,
    "common.podAnnotations": WORDS,
    "common.podLabels": LABELS,
    "common.podSecurityContext": FREE,
    "common.securityContext": FREE,
    "common.startupProbe": PROBE,
    "common.livenessProbe": PROBE,
    "common.readinessProbe": PROBE,
    "common.nodeSelector": WORDS,
    "common.topologySpreadConstraints": {
        "type": "array",
        "items": {"type": "object", "required": ["maxSkew", "topologyKey", "whenUnsatisfiable"]},
    },
    "common.dnsPolicy": {"enum": ["", "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]},
    "common.hostAliases": {"type": "array", "items": {"type": "object", "required": ["ip", "hostnames"]}},
    "common.minReadySeconds": COUNT,
    "common.revisionHistoryLimit": COUNT,
    "common.serviceAccount.annotations": WORDS,
    "interceptor.rpcapdSecurityContext": FREE,
    "interceptor.rpcapdStartupProbe": PROBE,
    "interceptor.rpcapdLivenessProbe": PROBE,
    "interceptor.rpcapdReadinessProbe": PROBE,
    # Never more pods than nodes: two on one node would want the same ports.
    "interceptor.updateStrategy": {
        "type": "object",
        "additionalProperties": False,
        "required": ["type"],
        "properties": {
            "type": {"enum": ["RollingUpdate", "OnDelete"]},
            "rollingUpdate": {
                "type": ["object", "null"],
                "additionalProperties": False,
                "properties": {"maxUnavailable": AT_ONCE},
            },
        },
    },
    "interceptor.spool.maxMiB": POSITIVE,
    "interceptor.spool.hostPath": {"type": "string", "pattern": "^$|^/."},
    "relay.updateStrategy": {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"enum": ["RollingUpdate", "Recreate", "OnDelete"]}},
    },
    "relay.podDisruptionBudget.maxUnavailable": AT_ONCE,
    "relay.replicas": POSITIVE,
    "relay.service.type": SERVICE,
    "relay.service.annotations": WORDS,
    "relay.spool.maxMiB": POSITIVE,
    "relay.tls.mode": TLS_MODE,
    "relay.persistence.accessModes": {"type": "array", "minItems": 1, "items": {"type": "string"}},
    "relay.persistence.annotations": WORDS,
    "relay.autoscaling.minReplicas": POSITIVE,
    "relay.autoscaling.maxReplicas": POSITIVE,
    "relay.autoscaling.spoolAgeSeconds": POSITIVE,
    "relay.autoscaling.behavior": FREE,
    "collector.service.type": SERVICE,
    "collector.service.annotations": WORDS,
    "collector.tls.mode": TLS_MODE,
    "collector.persistence.size": {"type": "string", "pattern": "^[1-9][0-9]{0,6}(Mi|Gi|Ti)$"},
    "collector.persistence.accessModes": {"type": "array", "minItems": 1, "items": {"type": "string"}},
    "collector.persistence.annotations": WORDS,
    "collector.ingress.annotations": WORDS,
    "collector.httpRoute.annotations": WORDS,
    "collector.httpRoute.parentRefs": NAMED,
    "collector.httpRoute.hostnames": {"type": "array", "items": {"type": "string"}},
    "prometheusAgent.image.digest": DIGEST,
    "prometheusAgent.remoteWriteUrl": {"type": "string", "pattern": r"^$|^https?://\S+$"},
    "prometheusAgent.scrapeInterval": DURATION,
    "prometheusAgent.scrapeTimeout": DURATION_OR_NONE,
    "networkPolicy.flavor": {"enum": ["kubernetes", "cilium"]},
    "networkPolicy.proxyIp": {"type": "string", "pattern": f"^$|{CIDR}"},
    "networkPolicy.k8sApi.port": PORT,
    "networkPolicy.k8sApi.cidrs": CIDRS | {"minItems": 1},
    "networkPolicy.nodeCidrs": CIDRS,
    "metrics.serviceMonitor.interval": DURATION,
    "metrics.serviceMonitor.scrapeTimeout": DURATION_OR_NONE,
    "metrics.serviceMonitor.labels": WORDS,
    "metrics.podMonitor.interval": DURATION,
    "metrics.podMonitor.scrapeTimeout": DURATION_OR_NONE,
    "metrics.podMonitor.labels": WORDS,
    "metrics.prometheusRule.labels": WORDS,
    "metrics.dashboards.labels": WORDS,
    "metrics.dashboards.annotations": WORDS,
}
"""What a type alone does not say, by the path of the value."""

TYPES: dict[type, str] = {bool: "boolean", int: "integer", str: "string"}


COMPONENTS = ("interceptor", "relay", "collector", "prometheusAgent")
"""Below each of them there may be whatever is below `common`."""
SPARED = {
    "global",
    *("resources", "rpcapdResources"),
    *("rpcapdStartupProbe", "rpcapdLivenessProbe", "rpcapdReadinessProbe"),
}
"""Values that the chart can do without, although they have a default."""


def schema(values: dict[str, Any]) -> dict[str, Any]:
    """The whole schema."""
    whole = _schema_of(values, "")
    options, definitions = _options()
    whole["properties"]["config"] = options
    whole["properties"]["enabled"] = {"type": "boolean"}  # what an umbrella chart's `condition` asks for
    common = whole["properties"]["common"]
    del common["required"]
    definitions["Common"] = {name: _or_null(item) for name, item in common["properties"].items()}
    shared = {name: {"$ref": f"#/definitions/Common/{name}"} for name in common["properties"]}
    common["properties"] = shared
    for name in COMPONENTS:
        component = whole["properties"][name]
        component["properties"] |= shared
        component["required"] = [own for own in component["required"] if own not in shared]
    return {"$schema": "http://json-schema.org/draft-07/schema#", **whole, "definitions": definitions}


def _or_null(one: dict[str, Any]) -> dict[str, Any]:
    """As it is, in part, or nothing: Helm hands a `null` on where there was no default for it to take away."""
    if "enum" in one:
        return one | {"enum": [*one["enum"], None]}
    return {key: item for key, item in one.items() if key != "required"} | {"type": [one["type"], "null"]}


def _schema_of(value: Any, path: str) -> dict[str, Any]:
    if path in RULES:
        return RULES[path]
    match value:
        case dict() if value and not _is_free(path):
            inner = {name: _schema_of(item, f"{path}.{name}".strip(".")) for name, item in value.items()}
            # `name: null` takes a default away; the message says so, where a template could only fail.
            needed = [name for name, item in value.items() if item not in ("", [], {}) and name not in SPARED]
            return {"type": "object", "additionalProperties": False, "required": needed, "properties": inner}
        case dict():
            return FREE
        case list():
            return {"type": "array"}
        case _:
            return {"type": TYPES[type(value)]}


def _is_free(path: str) -> bool:
    """Whether it holds what Kubernetes defines."""
    return path.rpartition(".")[2] in {"resources", "rpcapdResources", "affinity"}


def _options() -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of `config`, and the definitions that it names."""
    model = Config.model_json_schema(ref_template="#/definitions/{model}")
    definitions: dict[str, Any] = model.pop("$defs")
    sections = {name.lower(): definition for name, definition in definitions.items()} | {"": model}
    for section, names in SET_BY_THE_CHART.items():
        for name in names:
            del sections[section]["properties"][name]
    used = json.dumps(model)
    kept = {
        name: item
        for name, item in definitions.items()
        if f'/{name}"' in used + json.dumps(definitions["Capture"])
    }
    return _plain(model), {name: _plain(item) for name, item in sorted(kept.items())}


def _plain(node: Any) -> Any:
    """Without what tells nothing to a validator: titles, defaults, texts."""
    match node:
        case dict():
            if len(choices := node.get("anyOf", [])) == 2 and {"type": "null"} in choices:
                return _plain(next(choice for choice in choices if choice != {"type": "null"}))
            told = {"title", "default", "description", "format", "writeOnly"}
            return {
                name: {key: _plain(item) for key, item in value.items()}
                if name == "properties"
                else _plain(value)
                for name, value in node.items()
                if name not in told
            }
        case list():
            return [_plain(item) for item in node]
        case _:
            return node


def table(text: str, values: dict[str, Any]) -> str:
    """The values of `values.yaml` as rows."""
    rows = ["| value | default | meaning |", "| --- | --- | --- |"]
    path: list[tuple[int, str]] = []
    said: list[str] = []
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("# -- "):
            said = [stripped[5:]]
        elif stripped.startswith("#") and said:
            said.append(stripped[1:].strip())
        elif key := re.match(r"( *)([A-Za-z0-9]+):", line):
            depth = len(key[1])
            path = [entry for entry in path if entry[0] < depth] + [(depth, key[2])]
            if said:
                names = [name for _, name in path]
                value: Any = values
                for name in names:
                    value = value[name]
                meaning = " ".join(said).replace("|", "\\|")
                rows.append(f"| `{'.'.join(names)}` | `{json.dumps(value)}` | {meaning} |")
            said = []
        else:
            said = []
    return "\n".join(rows)


def generated() -> dict[Path, str]:
    """Each file with what it should hold."""
    text = (CHART / "values.yaml").read_text()
    values = yaml.safe_load(text)
    readme = (CHART / "README.md").read_text()
    begin, end = "<!-- values: made by `make chart` -->\n", "\n<!-- end of values -->"
    head, _, rest = readme.partition(begin)
    _, _, tail = rest.partition(end)
    dashboards = {
        CHART / "files" / "dashboards" / path.name: path.read_text()
        for path in (CHART.parent / "observability").glob("*.json")
    }
    return dashboards | {
        CHART / "values.schema.json": json.dumps(schema(values), indent=2) + "\n",
        CHART / "README.md": f"{head}{begin}{table(text, values)}{end}{tail}",
    }


def main() -> int:
    """Write the files."""
    for path, text in generated().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
