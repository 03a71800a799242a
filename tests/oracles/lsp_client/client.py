"""Edits a manifest as an editor does, through pytest-lsp, whose client checks each message against the types of the protocol.

    python client.py PROGRAM MANIFEST
"""

import asyncio
import pathlib
import sys

from lsprotocol import types
from pytest_lsp import LanguageClient, client_capabilities
from pytest_lsp.client import make_test_lsp_client


async def main(program, path):
    client: LanguageClient = make_test_lsp_client()
    await client.start_io(program, "lsp")
    answer = await client.initialize_session(
        types.InitializeParams(capabilities=client_capabilities("visual-studio-code"), root_uri=path.parent.as_uri())
    )
    assert answer.capabilities.text_document_sync.change is types.TextDocumentSyncKind.Incremental
    uri, text, version = path.as_uri(), path.read_text(), 1
    document = types.TextDocumentIdentifier(uri=uri)
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(
            text_document=types.TextDocumentItem(uri=uri, language_id="toml", version=version, text=text)
        )
    )

    async def findings():
        await client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        return client.diagnostics[uri]

    def place(offset):
        before = text[:offset]
        line = before.rsplit("\n", 1)[-1]
        return types.Position(line=before.count("\n"), character=len(line.encode("utf-16-le")) // 2)

    async def replace(old, new):
        """Replaces a part of the text, which is all that is sent, and returns the findings."""
        nonlocal text, version
        start, version = text.index(old), version + 1
        change = types.TextDocumentContentChangePartial(
            range=types.Range(start=place(start), end=place(start + len(old))), text=new
        )
        text = text.replace(old, new, 1)
        client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                text_document=types.VersionedTextDocumentIdentifier(uri=uri, version=version),
                content_changes=[change],
            )
        )
        return await findings()

    async def at(ask, parameters, word):
        """Asks about the end of a word."""
        return await ask(parameters(text_document=document, position=place(text.index(word) + len(word))))

    def offered(answer, label):
        return next(item for item in answer if item.label == label)

    print("opened:", [finding.code for finding in await findings()])

    found = await replace('openness = "open"', 'openness = "pa"')
    print("changed:", found[0].code, found[0].code_description.href)
    items = await at(client.text_document_completion_async, types.CompletionParams, 'openness = "pa')
    item = offered(items, "partial")
    print("completed:", item.text_edit.new_text, "|", item.detail)
    await replace('openness = "pa"', 'openness = "open"')

    await replace('license = "Apache-2.0"', 'license = "MIT OR Apa"')
    items = await at(client.text_document_completion_async, types.CompletionParams, "MIT OR Apa")
    print("license:", offered(items, "Apache-2.0").detail)
    hover = await at(client.text_document_hover_async, types.HoverParams, 'license = "MI')
    print("hover:", hover.contents.kind.value, hover.contents.value.splitlines()[0])
    await replace('"MIT OR Apa"', '"Apache-2.0"')

    found = await replace("producer =", "producr =")
    misspelled = next(finding for finding in found if finding.code == "OPN101")
    actions = await client.text_document_code_action_async(
        types.CodeActionParams(
            text_document=document, range=misspelled.range, context=types.CodeActionContext(diagnostics=[misspelled])
        )
    )
    for action in actions:
        edit = action.edit.changes[uri][0]
        print("action:", action.kind, "|", action.title, "|", edit.new_text)
    await replace("producr =", "producer =")

    symbols = await client.text_document_document_symbol_async(types.DocumentSymbolParams(text_document=document))
    print("symbols:", [symbol.name for symbol in symbols])
    await replace('name = "Tiny"', 'name="Tiny"')
    edits = await client.text_document_formatting_async(
        types.DocumentFormattingParams(
            text_document=document, options=types.FormattingOptions(tab_size=4, insert_spaces=True)
        )
    )
    print("formatting:", [edit.new_text for edit in edits])
    await client.shutdown_session()
    await client.stop()


asyncio.run(main(sys.argv[1], pathlib.Path(sys.argv[2]).resolve()))
