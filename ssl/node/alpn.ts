// Copyright 2026 the NSS for Deno authors. MIT license.

import { kindOf } from "../../cert/base/options.ts";
import { invalid } from "../config/option_values.ts";
import { inputOf, type NodeOptions } from "./read_options.ts";

/**
 * Returns the application protocols of Node's option: an array of names, or bytes with a length
 * before each name.
 *
 * @param options The options.
 * @returns The names in preference order; empty for none.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if it is neither, or a name is no UTF-8.
 */
export function alpnProtocolsOf(options: NodeOptions): readonly string[] {
  const option = "ALPNProtocols";
  const value = options.get(option);
  if (!value) return [];
  if (Array.isArray(value)) {
    return value.map((name, i) => textOf(inputOf(name, `${option}[${i}]`), `${option}[${i}]`));
  }
  if (typeof value === "string") {
    throw invalid(option, "it is a string, not an array of names; write [...] around it");
  }
  const bytes = ArrayBuffer.isView(value) ? inputOf(value, option) : null;
  if (bytes === null || typeof bytes === "string") {
    throw invalid(option, `it is ${kindOf(value)}, not an array of names or bytes`);
  }
  const names: string[] = [];
  for (let i = 0; i < bytes.length;) {
    const end = i + 1 + bytes[i]!;
    if (end > bytes.length) throw invalid(option, `the name at byte ${i} is cut off`);
    names.push(textOf(bytes.subarray(i + 1, end), option));
    i = end;
  }
  return names;
}

function textOf(name: string | Uint8Array, option: string): string {
  if (typeof name === "string") return name;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(name);
  } catch {
    throw invalid(option, "a name is no UTF-8, and only text can be negotiated");
  }
}
