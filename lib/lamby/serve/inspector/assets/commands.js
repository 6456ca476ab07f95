// Writes commands that repeat an invocation in a shell.
import { file } from "./api.js";

// curl and the integration set these headers.
const AUTOMATIC = /^(?:host|content-length|connection|transfer-encoding)$/i;

/** Quotes an argument for a POSIX shell. */
export const quote = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

function parts(request, masker, { header, data }) {
  const headers = request.headers.filter(([name]) => !AUTOMATIC.test(name))
    .map(([name, value]) => `${header} ${quote(`${name}: ${masker.value(name, value)}`)}`);
  const body = request.body?.text ? [`${data} ${quote(masker.text(request.body.text))}`] : [];
  return [...headers, ...body];
}

const lines = (words) => words.join(" \\\n  ");

/** Returns whether a command line can contain the request's body. */
export const repeatable = (request) => Boolean(request) && !request.body?.base64 && !request.body?.cut;

/** Returns the curl command that sends the request again. */
export function curl({ request }, masker) {
  return lines([`curl -i -X ${quote(request.method)} ${quote(masker.text(request.url))}`, ...parts(request, masker, { header: "-H", data: "--data-raw" })]);
}

/** Returns the `lamby invoke` command that handles the same event without a server. */
export function invoke(detail, masker) {
  const { request, integration, id } = detail;
  if (repeatable(request) && integration) {
    return lines([`lamby invoke ${integration} --method ${quote(request.method)} --path ${quote(masker.text(request.url))}`, ...parts(request, masker, { header: "--header", data: "--data" })]);
  }
  return `curl -s ${quote(new URL(file(id, "event"), location.href).href)} -o event.json && lamby invoke event.json`;
}
