// Copyright 2026 the NSS for Deno authors. MIT license.

import { MAX_HOST_NAME_LENGTH } from "../extensions/server_name.ts";
import { invalid } from "./option_values.ts";

/** The host name of a host name or URL, as SNI and certificates spell it: A-labels, lower case, no port, no final dot. */
export function normalizeHostname(input: string): string {
  const url = URL.parse(input.includes("://") ? input : `https://${hostPart(input)}`);
  if (url === null || url.hostname === "") throw invalid("hostname", `"${input}" is no host name`);
  const hostname = url.hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
  if (hostname.length > MAX_HOST_NAME_LENGTH) {
    throw invalid("hostname", `it is ${hostname.length} characters long`);
  }
  return hostname;
}

/** A host, perhaps with its port, where there is no scheme: nothing of a URL besides, and addresses with colons in brackets. */
function hostPart(input: string): string {
  if (/[/\\?#@]/.test(input)) throw invalid("hostname", `"${input}" is no host name`);
  return /^[^[].*:.*:/.test(input) || input.startsWith("::") ? `[${input}]` : input;
}
