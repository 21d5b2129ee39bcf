"""What an RO-Crate of results says: files, parameters, software, and the runs that join them."""

from __future__ import annotations

import hashlib
import json
import mimetypes
import shutil
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from rocrate.model.computerlanguage import ComputerLanguage
from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from lume_services.errors import FileCorruptError, LumeServicesError
from lume_services.results import lookup
from lume_services.results.crate import texts
from lume_services.results.documents import references
from lume_services.results.origin import checkout, environment
from lume_services.services.files.filesystem import FileStat
from lume_services.services.results.db import Document

if TYPE_CHECKING:
    from lume_services.config import Services

_PROFILES = {
    "Process Run Crate": "https://w3id.org/ro/wfrun/process/0.5",
    "Workflow Run Crate": "https://w3id.org/ro/wfrun/workflow/0.5",
    "Workflow RO-Crate": "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
}
_WORKFLOW = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
_RUN_TERMS = "https://w3id.org/ro/terms/workflow-run#"
_TERMS = ("ContainerImage", "DockerImage", "containerImage", "sha256")
_TYPES = {bool: "Boolean", int: "Integer", float: "Float", str: "Text"}


class Contents:
    """A crate that is being filled.

    Parameters
    ----------
    services
        Where results and files are.
    scratch
        A folder that is made here, for copies.
    license_text
        Under which license it may be used.
    """

    def __init__(self, services: Services, scratch: Path, license_text: str) -> None:
        self._services = services
        self._scratch = scratch
        scratch.mkdir()
        self.crate = ROCrate(version="1.1")
        self.crate.license = license_text
        self.crate.metadata.extra_terms.update({term: _RUN_TERMS + term for term in _TERMS})
        self.missing: list[str] = []
        self.profile = "Process Run Crate"
        self._known: dict[str, Any] = {}

    def add_main(self, document: Document) -> None:
        """Add the result that the crate is about."""
        fields = lookup.fields_of(document)
        name = f"{fields['flow_name'] or document['result_type']} {document['unique_hash'][:12]}"
        self.crate.name = name
        self.crate.description = f"Result {document['unique_hash']} of {texts.made_by(fields)}"
        workflow = self._workflow(fields)
        action = self._add_run(document, fields, workflow or self._application(fields))
        if workflow is not None:
            self.profile = "Workflow Run Crate"
            self._describe(workflow, action, (fields["provenance"] or {}).get("parameters") or {})
        self.crate.root_dataset["conformsTo"] = [
            self._entity(url, "CreativeWork", name=title, version=url.rpartition("/")[2])
            for title, url in _PROFILES.items()
            if workflow is not None or title == self.profile
        ]

    def add_other(self, document: Document) -> None:
        """Add a result that the main one was made from, directly or not."""
        fields = lookup.fields_of(document)
        self._add_run(document, fields, self._application(fields))

    def _add_run(self, document: Document, fields: Mapping[str, Any], instrument: Any) -> Any:
        made = fields["provenance"] or {}
        given = [self._source(rep) for rep in references.sources(document)]
        given += self._parameters(document["unique_hash"][:12], made.get("parameters") or {})
        found = [self._result(document), *self._values(document)]
        found += [self._file(rep, "outputs") for rep in references.products(document)]
        properties = {
            "name": f"Run of {texts.made_by(fields)}",
            "description": texts.versions(fields),
            "endTime": fields["created"].isoformat(timespec="seconds"),
        }
        if made.get("started"):
            properties["startTime"] = made["started"].isoformat(timespec="seconds")
        action = self.crate.add_action(
            instrument,
            identifier=f"#run-{fields['flow_run_id'] or document['unique_hash'][:12]}",
            object=given,
            result=found,
            properties=properties,
        )
        if made.get("image"):
            action["containerImage"] = self._image(made["image"])
        self.crate.root_dataset.append_to("mentions", action)
        return action

    def _workflow(self, fields: Mapping[str, Any]) -> Any:
        """Add the source of the flow as it is here; None where it is not."""
        made = fields["provenance"] or {}
        path = checkout.source_file(made.get("entrypoint"))
        if path is None:
            return None
        python = ComputerLanguage(
            self.crate,
            "#python",
            properties={
                "name": "Python",
                "url": "https://www.python.org",
                "version": made.get("python") or "",
            },
        )
        self.crate.add(python)
        properties = {
            "name": fields["flow_name"],
            "encodingFormat": "text/x-python",
            "version": made.get("commit") or fields["version"] or "unknown",
            "description": f"The flow {made['entrypoint'].rpartition(':')[2]}, as it was when the "
            "crate was made",
            "conformsTo": self._entity(_WORKFLOW, "CreativeWork", name="ComputationalWorkflow"),
            "softwareRequirements": self._software(fields),
        }
        return self.crate.add_workflow(
            path, f"workflow/{path.name}", main=True, lang=python, properties=properties
        )

    def _describe(self, workflow: Any, action: Any, parameters: Mapping[str, Any]) -> None:
        """Say what the flow takes and gives, each with what the run had for it."""
        examples = {each["name"]: each for each in action["object"]}
        for name, value in parameters.items():
            kind = _TYPES.get(type(value), "PropertyValue")
            self._slot(workflow, "input", name, kind, examples[name])
        result = action["result"][0]
        self._slot(workflow, "output", "result", "File", result)

    def _slot(self, workflow: Any, side: str, name: str, kind: str, example: Any) -> None:
        slot = self.crate.add_formal_parameter(name, kind, identifier=f"#{side}-{name}")
        slot["workExample"] = example
        example.append_to("exampleOfWork", slot)
        workflow.append_to(side, slot)

    def _parameters(self, run: str, parameters: Mapping[str, Any]) -> list[Any]:
        return [
            self._entity(
                f"#parameter-{run}-{name}",
                "PropertyValue",
                name=name,
                value=value if type(value) in _TYPES else json.dumps(value, ensure_ascii=False),
            )
            for name, value in parameters.items()
        ]

    def _application(self, fields: Mapping[str, Any]) -> Any:
        name = fields["flow_name"] or "script"
        version = fields["version"] or "unknown"
        return self._entity(
            f"#software-{fields['package'] or 'unknown'}-{name}-{version}",
            "SoftwareApplication",
            name=name,
            softwareVersion=version,
            softwareRequirements=self._software(fields),
        )

    def _software(self, fields: Mapping[str, Any]) -> list[Any]:
        """Return what a flow needed: its package, Python, and the list of installed packages."""
        made = fields["provenance"] or {}
        versions = {fields["package"]: fields["version"], "python": made.get("python")}
        needs = [
            self._entity(f"#{name}-{version}", "SoftwareApplication", name=name, version=version)
            for name, version in versions.items()
            if name and version
        ]
        packages = environment.packages(made.get("environment"), self._services)
        if packages is not None:
            lines = "".join(f"{name}=={version}\n" for name, version in packages.items())
            path = f"environments/{made['environment'][:12]}/requirements.txt"
            needs.append(self._text(path, lines, "Installed packages", "text/plain"))
        return needs

    def _image(self, image: str) -> Any:
        kind = {"@id": f"{_RUN_TERMS}DockerImage"}
        return self._entity(f"#image-{image}", "ContainerImage", name=image, additionalType=kind)

    def _source(self, rep: references.Reference) -> Any:
        if references.is_file(rep):
            return self._file(rep, "inputs")
        for document in self._services.results_db.find({"unique_hash": rep["unique_hash"]}):
            return self._result(document)
        self.missing.append(f"result {rep['unique_hash']} is not in the database")
        return self._entity(
            f"#result-{rep['unique_hash']}", "CreativeWork", name=f"Result {rep['unique_hash']}"
        )

    def _result(self, document: Document) -> Any:
        content = json.dumps(document, indent=1, ensure_ascii=False)
        digest = document["unique_hash"]
        return self._text(f"results/{digest}.json", content, f"Result {digest}", "application/json")

    def _values(self, document: Document) -> Iterator[Any]:
        """Add the large values of a result."""
        for sha256 in references.values(document):
            folder = self._services.values.folder / sha256[:2]
            for path in folder.glob(f"{sha256}.*"):
                yield self._data(f"values/{path.name}", path, f"Value {sha256}", sha256)

    def _file(self, rep: references.Reference, folder: str) -> Any:
        """Add a file as its reference says that it is; one that is not so is only named.

        One of unknown content is only named too: whoever wrote the reference could have it pack
        any file of this machine.
        """
        key = references.key(rep) or f"{rep['filesystem_identifier']}:{rep['filename']}"
        if key in self._known:
            return self._known[key]
        name = PurePath(rep["filename"]).name
        copy = self._scratch / hashlib.sha256(key.encode()).hexdigest()
        try:
            if rep["sha256"] is None:
                raise FileCorruptError(f"file {rep['filename']!r} has no known content to check")
            stat = FileStat(rep["size"], rep["sha256"])
            self._services.files.read(
                rep["filesystem_identifier"],
                rep["filename"],
                lambda path: shutil.copyfile(path, copy),
                stat,
            )
        except LumeServicesError as error:
            self.missing.append(str(error))
            about = self._entity(f"#file-{copy.name[:12]}", "CreativeWork", name=name)
            if rep["sha256"] is not None:
                about["sha256"] = rep["sha256"]
        else:
            about = self._data(f"{folder}/{copy.name[:12]}/{name}", copy, name, rep["sha256"])
        self._known[key] = about
        return about

    def _data(self, place: str, path: Path, name: str, sha256: str | None) -> Any:
        digest = {} if sha256 is None else {"sha256": sha256}
        properties = {
            "name": name,
            "contentSize": str(path.stat().st_size),
            "encodingFormat": mimetypes.guess_type(place)[0] or "application/octet-stream",
            **digest,
        }
        return self.crate.add_file(path, place, properties=properties)

    def _text(self, place: str, text: str, name: str, kind: str) -> Any:
        content = text.encode()
        properties = {
            "name": name,
            "encodingFormat": kind,
            "contentSize": str(len(content)),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        return self.crate.get(place) or self.crate.add_file(
            BytesIO(content), place, properties=properties
        )

    def _entity(self, identifier: str, kind: str, **properties: Any) -> Any:
        known = self.crate.get(identifier)
        if known is not None:
            return known
        references_to = {k: v for k, v in properties.items() if isinstance(v, list)}
        plain = {k: v for k, v in properties.items() if k not in references_to}
        made = ContextEntity(self.crate, identifier, properties={"@type": kind, **plain})
        self.crate.add(made)
        for name, value in references_to.items():
            made[name] = value
        return made
