// Copyright 2026 the NSS for Deno authors. MIT license.

import { MAX_HOST_NAME_LENGTH } from "../extensions/server_name.ts";
import { invalid } from "./option_values.ts";

/**
 * Returns the host name of a host name or URL in the form of SNI and certificates: A-labels, lower
 * case, no port, no final dot.
 */
export function normalizeHostname(input: string): string {
  const url = URL.parse(input.includes("://") ? input : `https://${hostPart(input)}`);
  if (url === null || url.hostname === "") throw invalid("hostname", `"${input}" is no host name`);
  const hostname = url.hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
  if (hostname.length > MAX_HOST_NAME_LENGTH) {
    throw invalid("hostname", `it is ${hostname.length} characters long`);
  }
  if (hostname === "" || /\*|^\.|\.\./.test(hostname)) {
    throw invalid(
      "hostname",
      `"${hostname}" is not the name of one host, such as "www.example.com"`,
    );
  }
  return hostname;
}

/**
 * Returns a host with an optional port, an IPv6 address in brackets; throws if the input has other
 * parts of a URL.
 */
function hostPart(input: string): string {
  if (/[/\\?#@]/.test(input)) throw invalid("hostname", `"${input}" is no host name`);
  return /^[^[].*:.*:/.test(input) || input.startsWith("::") ? `[${input}]` : input;
}
