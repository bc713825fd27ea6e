// Copyright 2026 the NSS for Deno authors. MIT license.

/** Judges the raw public keys of peers, and chooses those of this end (RFC 7250). @module */

import { bytesEqual } from "../../cert/base/bytes.ts";
import { show } from "../../cert/base/options.ts";
import {
  describeKey,
  isOnItsCurve,
  parseSubjectPublicKeyInfo,
  type SubjectPublicKeyInfo,
} from "../../cert/certificate/spki.ts";
import { SslError, toSslError } from "../base/errors.ts";
import { checkPeerKey, presetFault } from "../config/certificate_rules.ts";
import type { SslConfig } from "../config/config.ts";
import { presetsOf } from "../config/context_policy.ts";
import type { ClientAuthRequest, RawPublicKeyHook } from "../config/hooks.ts";
import { exported, type Pin, type RawCredential } from "../config/raw_public_keys.ts";
import { RAW_PUBLIC_KEY } from "../tables/extension_types.ts";
import type { AuthenticationContext, NoSigner, Signer } from "./authentication_context.ts";
import { clientSchemeFor } from "./certificate_verify.ts";

/**
 * Accepts a peer's raw public key, as the option `rawPublicKeys.accept` says.
 *
 * @throws {SslError} `SSL_ERROR_BAD_CERTIFICATE` if it is not accepted,
 * `SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE` if nothing says how to judge it, and what
 * {@linkcode checkPeerKey} throws.
 */
export async function acceptRawPublicKey(
  context: AuthenticationContext,
  key: SubjectPublicKeyInfo,
): Promise<void> {
  const { config } = context;
  const isServer = config.role === "server";
  const accept = config.rawPublicKeys?.accept ?? null;
  if (accept === null) {
    throw new SslError(
      "SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE",
      "Cannot trust raw public key: nothing says which to accept; give the option " +
        "rawPublicKeys.accept",
    );
  }
  checkPeerKey({ subjectPublicKeyInfo: key }, isServer, presetsOf(config), "raw public key");
  if (!isOnItsCurve(key)) {
    throw new SslError(
      "SSL_ERROR_BAD_CERTIFICATE",
      `Cannot trust raw public key: its point is not on the curve of ${describeKey(key.algorithm)}`,
    );
  }
  if (typeof accept === "function") await ask(context, accept, key);
  else if (!(await isAmong(key, accept))) {
    throw new SslError(
      "SSL_ERROR_BAD_CERTIFICATE",
      `Cannot trust raw public key: its SHA-256 is ${await key.pin()}, which is not in the list ` +
        "rawPublicKeys.accept; add it if the peer has changed its key, and only if you know that " +
        "it has",
    );
  }
}

async function isAmong(key: SubjectPublicKeyInfo, pins: readonly Pin[]): Promise<boolean> {
  for (const pin of pins) {
    if ("digest" in pin) {
      if (pin.digest === await key.pin()) return true;
    } else {
      const der = "der" in pin ? pin.der : (await exported(pin.key)).der;
      if (bytesEqual(der, key.der)) return true;
    }
  }
  return false;
}

async function ask(
  { config, hooks, environment }: AuthenticationContext,
  hook: RawPublicKeyHook,
  key: SubjectPublicKeyInfo,
): Promise<void> {
  const isServer = config.role === "server";
  let verdict: unknown; // JavaScript may return any value
  try {
    verdict = await hooks.call(hook, {
      publicKey: parseSubjectPublicKeyInfo(key.der), // a copy, which may be changed
      hostname: isServer ? null : config.hostname,
      isServer,
      context: config.context,
      time: new Date(environment.now()),
    });
  } catch (error) {
    throw toSslError(error, "SEC_ERROR_APPLICATION_CALLBACK_ERROR");
  }
  if (verdict === true) return;
  throw new SslError(
    "SSL_ERROR_BAD_CERTIFICATE",
    verdict === false
      ? "Cannot trust raw public key: the hook rawPublicKeys.accept refused it"
      : `Cannot trust raw public key: the hook rawPublicKeys.accept returned ${show(verdict)}, ` +
        "and only true accepts" +
        (verdict === undefined ? "; perhaps a return or an await is missing in it" : ""),
  );
}

/** The raw public keys of this end that the presets allow, and what is wrong with the others. */
interface OwnKeys {
  readonly allowed: readonly RawCredential[];
  readonly forbidden: readonly string[];
}

/** Returns the raw public keys of this end, in preference order. */
export async function ownRawKeys(config: SslConfig): Promise<OwnKeys> {
  const presets = presetsOf(config);
  const allowed: RawCredential[] = [];
  const forbidden: string[] = [];
  for (const key of config.rawPublicKeys?.keys ?? []) {
    const credential = await key.load();
    const found = presetFault({ subjectPublicKeyInfo: credential.rawPublicKey }, presets);
    if (found === null) allowed.push(credential);
    else {
      forbidden.push(
        `the raw public key (${credential.rawPublicKey}) was passed over, because policy ` +
          `"${found.preset}" forbids it: ${found.fault}`,
      );
    }
  }
  return { allowed, forbidden };
}

/** Selects the raw public key with which a client answers a server's request. */
export async function chooseRawClientSigner(
  { config, hooks }: AuthenticationContext,
  request: ClientAuthRequest,
): Promise<Signer | NoSigner> {
  hooks.observer?.peerSchemes(request.signatureSchemes);
  const choose = clientSchemeFor(request, config.signatureSchemes);
  const { allowed, forbidden } = await ownRawKeys(config);
  for (const credential of allowed) {
    const key = await credential.privateKey();
    const scheme = choose(key);
    if (scheme !== undefined) return { credential, key, scheme };
  }
  const passedOver = allowed.map(({ rawPublicKey }) =>
    `the raw public key (${rawPublicKey}) was passed over, because it signs with no scheme that ` +
    "both ends accept"
  );
  return {
    reason: [...forbidden, ...passedOver].join("; ") ||
      "the option rawPublicKeys.keys has none any more",
  };
}

/** Creates the error of a server that has none of the types that the client takes. */
export function noCommonType({ rawPublicKeys }: SslConfig, types: readonly number[]): SslError {
  const hasKeys = (rawPublicKeys?.keys.length ?? 0) > 0;
  return new SslError(
    "SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE",
    "Cannot complete handshake: the client takes " +
      (types.includes(RAW_PUBLIC_KEY) ? "raw public keys only" : "no raw public key") +
      (hasKeys
        ? ", and this server has nothing else; give the option certificates, too"
        : ", and this server has none; give the option rawPublicKeys.keys"),
  );
}
