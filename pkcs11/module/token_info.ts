// Copyright 2026 the NSS for Deno authors. MIT license.

import type { TokenInfo } from "../token/token.ts";
import { CKF } from "./constants.ts";
import type { Caller } from "./library.ts";
import { alloc, readBig } from "./memory.ts";
import { readText } from "./text.ts";

const TOKEN_INFO_SIZE = 208;

/** The description of a token, with details for this package only. */
export interface ReadTokenInfo extends TokenInfo {
  /** Whether the token is initialised (`CKF_TOKEN_INITIALIZED`). */
  readonly isTokenInitialized: boolean;
  /** The maximum number of sessions; 0 if unlimited or unknown. */
  readonly maxSessions: number;
}

/**
 * Reads CK_TOKEN_INFO.
 *
 * @param library The library.
 * @param slot The id of the slot.
 * @returns The description.
 * @throws {NssError} `SEC_ERROR_NO_TOKEN` if the slot has no token.
 */
export async function readTokenInfo(library: Caller, slot: bigint): Promise<ReadTokenInfo> {
  const info = alloc(TOKEN_INFO_SIZE);
  await library.call("C_GetTokenInfo", `Cannot describe token of slot ${slot}`, slot, info);
  const flags = Number(readBig(info, 96));
  const maxSessions = readBig(info, 104);
  const has = (flag: number): boolean => (flags & flag) !== 0;
  return {
    label: readText(info, 0, 32),
    manufacturer: readText(info, 32, 32),
    model: readText(info, 64, 16),
    serialNumber: readText(info, 80, 16),
    isReadOnly: has(CKF.writeProtected),
    isInitialized: has(CKF.userPinInitialized),
    needsLogin: has(CKF.loginRequired),
    hasProtectedAuthPath: has(CKF.protectedAuthenticationPath),
    isFinalTry: has(CKF.userPinFinalTry),
    isLocked: has(CKF.userPinLocked),
    isTokenInitialized: has(CKF.tokenInitialized),
    // CK_EFFECTIVELY_INFINITE is 0, CK_UNAVAILABLE_INFORMATION the largest number
    maxSessions: maxSessions > 0xffffffffn ? 0 : Number(maxSessions),
  };
}
