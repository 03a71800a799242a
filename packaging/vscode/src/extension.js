// Starts `openness lsp` for every OPENNESS.toml, and says what to do if the program is not there.
const vscode = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

/** @type {InstanceType<typeof LanguageClient> | undefined} */
let client;

async function start() {
  const command = vscode.workspace.getConfiguration("openness").get("path", "openness");
  client = new LanguageClient(
    "openness",
    "openness",
    { command, args: ["lsp"], transport: TransportKind.stdio },
    { documentSelector: [{ scheme: "file", pattern: "**/OPENNESS.toml" }] },
  );
  try {
    await client.start();
  } catch (error) {
    const settings = "Open settings";
    const chosen = await vscode.window.showErrorMessage(
      `\`${command} lsp\` did not start: ${error instanceof Error ? error.message : error}. Install openness, or set its path.`,
      settings,
    );
    if (chosen === settings) {
      await vscode.commands.executeCommand("workbench.action.openSettings", "openness.path");
    }
  }
}

/** @param {import("vscode").ExtensionContext} context */
async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("openness.restart", async () => {
      await client?.stop().catch(() => {});
      await start();
    }),
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      if (change.affectsConfiguration("openness.path")) {
        await client?.stop().catch(() => {});
        await start();
      }
    }),
  );
  await start();
}

async function deactivate() {
  await client?.stop();
}

module.exports = { activate, deactivate };
