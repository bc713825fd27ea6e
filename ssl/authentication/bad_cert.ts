// Copyright 2026 the NSS for Deno authors. MIT license.

import { ERRORS } from "../../cert/base/errors.ts";
import { gravityOf } from "../../cert/verify/path_problems.ts";
import type { VerifyLogEntry } from "../../cert/verify/verify_cert.ts";
import { SslError, toSslError } from "../base/errors.ts";
import type { HookCaller } from "../config/hook_caller.ts";
import type { BadCertHook, PeerAuthentication } from "../config/hooks.ts";
import { show } from "../../cert/base/options.ts";
import { isSameProblem } from "./auth_certificate.ts";

/**
 * Asks the bad-certificate hook about all that is wrong and not yet tolerated, the gravest first.
 *
 * @param hooks Calls the hook.
 * @param hook The hook.
 * @param error The error of the authentication hook.
 * @param peer What the authentication hook was called with; its log has the errors that
 * `authCertificate()` found.
 * @param tolerated What is tolerated already; what the hook tolerates is added.
 * @returns Whether something was added.
 * @throws {SslError} The gravest error that the hook does not tolerate, or
 * `SSL_ERROR_APP_CALLBACK_ERROR` if the hook throws.
 */
export async function askBadCert(
  hooks: HookCaller,
  hook: BadCertHook,
  error: SslError,
  peer: PeerAuthentication,
  tolerated: VerifyLogEntry[],
): Promise<boolean> {
  const problems = [...peer.log ?? []];
  if (!problems.some((problem) => problem.error.name === error.name)) {
    problems.push({ usage: peer.isServer ? "sslClient" : "sslServer", error });
  }
  let open = problems
    .filter((problem) => !tolerated.some((one) => isSameProblem(one, problem)))
    .sort((a, b) => gravityOf(b.error) - gravityOf(a.error));
  const isNew = open.length > 0;
  while (open.length > 0) {
    const gravest = toSslError(open[0]!.error);
    const answer = await ask(hooks, hook, gravest, peer, open);
    const [known, mistake] = readAnswer(answer);
    const left = answer === true
      ? open.slice(1)
      : open.filter((problem) => !known.includes(problem.error.name));
    tolerated.push(...open.filter((problem) => !left.includes(problem)));
    if (answer !== true && left.length > 0) throw refusal(toSslError(left[0]!.error), mistake);
    open = left;
  }
  return isNew;
}

async function ask(
  hooks: HookCaller,
  hook: BadCertHook,
  error: SslError,
  peer: PeerAuthentication,
  open: readonly VerifyLogEntry[],
): Promise<unknown> {
  try {
    return await hooks.call(hook, error, peer, [...open]);
  } catch (cause) {
    throw toSslError(cause, "SSL_ERROR_APP_CALLBACK_ERROR");
  }
}

/** Returns the names that an answer tolerates, and the mistake in it, if any. */
function readAnswer(answer: unknown): readonly [readonly unknown[], string | null] {
  if (typeof answer === "boolean" || answer === undefined || answer === null) return [[], null];
  if (!Array.isArray(answer)) {
    return [[], `returned ${show(answer)}, which is neither true nor a list of names of errors`];
  }
  const names: readonly unknown[] = Object.keys(ERRORS);
  const unknown = answer.findIndex((name) => !names.includes(name));
  if (unknown < 0) return [answer, null];
  return [answer, `returned a list with ${show(answer[unknown])}, which is no name of an error`];
}

function refusal(error: SslError, mistake: string | null): SslError {
  if (mistake === null) return error;
  return new SslError(error.name, `${error.message}; the badCert hook ${mistake}`, {
    cause: error,
  });
}
