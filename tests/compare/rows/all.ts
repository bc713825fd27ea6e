// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Section } from "../row.ts";
import { KEYS } from "./keys.ts";
import { PRACTICE } from "./practice.ts";
import { PROTOCOL } from "./protocol.ts";
import { SESSIONS } from "./sessions.ts";
import { TRUST } from "./trust.ts";

/** All rows of the comparison, under their headings. */
export const SECTIONS: readonly Section[] = [TRUST, PROTOCOL, SESSIONS, KEYS, PRACTICE];
