// Copyright 2026 the NSS for Deno authors. MIT license.

import { MAX_HOST_NAME_LENGTH } from "../extensions/server_name.ts";
import { show } from "../../cert/base/options.ts";
import type { SslError } from "../base/errors.ts";
import { invalid } from "./option_values.ts";

/**
 * Returns the host name of a host name or URL in the form of SNI and certificates: A-labels, lower
 * case, no port, no final dot.
 */
export function normalizeHostname(input: string): string {
  const given = input.includes("://") ? URL.parse(input)?.host : hostPart(input);
  // Parsed again, because URL normalizes the hosts only of schemes that it knows
  const url = URL.parse(`https://${given ?? ""}`);
  if (url === null) throw noHostName(input);
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
  // To some systems 0127.0.0.1 is 87.0.0.1, to others 127.0.0.1: which one has been dialled?
  if (/^[\d.]+$/.test(hostname) && /^0\d|\.0\d/.test(given!)) {
    throw invalid("hostname", `in ${show(input)} a number begins with 0, which may mean octal`);
  }
  return hostname;
}

/** Returns the error for what has no host name; it quotes nothing that may be a password. */
function noHostName(input: string): SslError {
  const isUrl = input.includes("://") || input.includes("@");
  return invalid(
    "hostname",
    isUrl ? "the URL is malformed, or has no host" : `${show(input)} is not a host name`,
  );
}

/**
 * Returns a host with an optional port, an IPv6 address in brackets; throws if the input has other
 * parts of a URL.
 */
function hostPart(input: string): string {
  if (/[/\\?#@]/.test(input)) throw noHostName(input);
  return /^[^[].*:.*:/.test(input) || input.startsWith("::") ? `[${input}]` : input;
}
