// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { ErrorName } from "../../../cert/base/errors.ts";
import { SslError } from "../../../ssl/base/errors.ts";
import type { AlertName } from "../../../ssl/tables/alert_descriptions.ts";

/** Asserts that something is refused with this error and alert, and a message that says this. */
export function assertRefused(
  attempt: () => unknown,
  name: ErrorName,
  alert: AlertName,
  message = "",
): void {
  const error = assertThrows(attempt, SslError);
  assertEquals([error.name, error.alert, error.origin], [name, alert, "local"], error.message);
  assertStringIncludes(error.message, message);
}
