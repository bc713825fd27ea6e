// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  anything,
  type Check,
  hasMembers,
  isBytes,
  isDate,
  isInstance,
  isString,
  kindOf,
  required,
  type Shape,
  show,
} from "../../cert/base/options.ts";
import { importLazily } from "../../cert/base/lazy_module.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import { Name } from "../../cert/names/name.ts";
import { defaultContext, type NssContext } from "../../pkcs11/context/context.ts";
import { CONTEXT_OPTIONS } from "../config/context_policy.ts";
import { requireSslArgs, takeSslOptions } from "../config/option_values.ts";
import { serverSessionsOf } from "../session/server_cache.ts";

/**
 * Which sessions are forgotten: those that meet all that is said. What matches none of the members
 * is kept, and an object without members is refused: that all are meant has to be said.
 *
 * @category Sessions
 */
export interface SessionsToForget {
  /**
   * The certificate of the client, or what a CRL says of it: the name of the issuer, and the serial
   * number in the form of `Certificate.serialNumber`.
   */
  readonly certificate?: Pick<Certificate, "issuer" | "serialNumber">;
  /**
   * An authority in the chain of the client, or the one that has signed the chain's last
   * certificate, by its name: all of its certificates.
   */
  readonly authority?: Pick<Certificate, "subject">;
  /** The host name that the client has asked for (`server_name`). */
  readonly serverName?: string;
  /**
   * Sessions of full handshakes before this time, and of the two hours after it, by which the
   * clocks of processes that share their sessions may differ.
   */
  readonly authenticatedBefore?: Date;
  /** All sessions; without another member. */
  readonly all?: true;
}

/**
 * The options of {@linkcode forgetSessions}.
 *
 * @category Sessions
 */
export interface ForgetSessionsOptions {
  /** Which sessions. */
  readonly where: SessionsToForget;
  /** The context of the servers; the default context by default. */
  readonly context?: NssContext;
}

const isName = isInstance(Name);

/** Returns a check for certificates, by those of their members that count. */
function isDecoded(members: Readonly<Record<string, Check>>): Check {
  const check = hasMembers("a certificate", members);
  return (value, name) => {
    const isEncoded = typeof value === "string" || value instanceof Uint8Array;
    if (!isEncoded) return check(value, name);
    return `${name} is ${kindOf(value)}, not a certificate; decode it with parseCertificate()`;
  };
}

const WHERE_SHAPE: Shape<SessionsToForget> = {
  certificate: isDecoded({ issuer: required(isName), serialNumber: required(isBytes) }),
  authority: isDecoded({ subject: required(isName) }),
  serverName: isString,
  authenticatedBefore: isDate,
  all: (value, name) => value === true ? null : `${name} is ${show(value)}, not true`,
};

const SHAPE: Shape<ForgetSessionsOptions> = {
  ...CONTEXT_OPTIONS,
  where: required(anything), // taken apart below
};

/**
 * Forgets sessions of servers, by ID and by ticket, in this process and in all that share them
 * ({@linkcode configMPServerSIDCache}): their clients make a full handshake, in which they are
 * authenticated anew. Connections that are up go on. NSS has no such function; for the session of
 * one connection there is {@linkcode invalidateSession}.
 *
 * Call it when a reason to trust a client is gone: its certificate is revoked, its authority is
 * withdrawn, an account is closed. With each new CRL, call it for each entry that the one before
 * did not have, as the example does.
 *
 * Each process that shares sessions reads from the store what is forgotten before it resumes a
 * session, at most once in `revocationLag`. One that cannot resumes no session of a client with a
 * certificate or a raw public key; it resumes those of unknown clients by what it knew last. After
 * a restart, a failover or a restored backup of the store the former make full handshakes once, as
 * the store may have lost what was forgotten. It must not drop rows to make room. One that cannot
 * tell its epoch is believed to have lost nothing.
 *
 * What is forgotten has a bound: if thousands of calls are made in a week, all sessions that are
 * older than the oldest of those calls are forgotten, too.
 *
 * @param options Which sessions, and the context.
 * @returns A promise that settles when all processes will know, within `revocationLag`.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for no condition, an unknown one or an invalid value;
 * `SEC_ERROR_IO` if the store fails or does not answer within 5 s: then this process alone has
 * forgotten them.
 *
 * @example Usage
 * ```ts
 * import type { Crl } from "@nss/nss/cert";
 * import { NssContext } from "@nss/nss/pkcs11";
 * import { forgetSessions, SslError } from "@nss/nss/ssl";
 * import { assertRejects } from "@std/assert";
 *
 * const context = new NssContext();
 * await forgetSessions({ where: { serverName: "example.com" }, context });
 * await assertRejects(() => forgetSessions({ where: {}, context }), SslError, "where is empty");
 *
 * // To be called with each new CRL, and the one before it
 * async function followCrl(crl: Crl, before: Crl): Promise<void> {
 *   for (const { serialNumber } of crl.entries()) {
 *     if (before.find(serialNumber) !== undefined) continue;
 *     const certificate = { issuer: crl.issuer, serialNumber };
 *     await forgetSessions({ where: { certificate }, context });
 *   }
 * }
 * ```
 *
 * @category Sessions
 */
export async function forgetSessions(options: ForgetSessionsOptions): Promise<void> {
  const attempt = "Cannot forget sessions";
  const { context = defaultContext(), ...given } = takeSslOptions(attempt, options, SHAPE);
  const where = takeSslOptions(attempt, given.where, WHERE_SHAPE, "where");
  requireSslArgs(attempt, problemOf(where));
  const { certificate, authority, serverName, authenticatedBefore } = where;
  const { authorityDigest, certificateDigest } = await importLazily(
    "the list of forgotten sessions",
    () => import("../session/forgotten_list.ts"),
  );
  const forgotten = await serverSessionsOf(context).listForgotten();
  await forgotten.forget({
    ...(certificate && { certificate: await certificateDigest(certificate) }),
    ...(authority && { authority: await authorityDigest(authority) }),
    ...(serverName !== undefined && { serverName: serverName.toLowerCase() }),
    ...(authenticatedBefore && { before: Math.max(0, authenticatedBefore.getTime()) }),
  });
}

function problemOf({ all, ...conditions }: SessionsToForget): string | null {
  const count = Object.keys(conditions).length;
  if (all === undefined) {
    return count > 0 ? null : "where is empty; to forget all sessions, say all: true";
  }
  return count === 0 ? null : "where has all: true and other members; give one or the others";
}
