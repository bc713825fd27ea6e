// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What applications get of the certificates that connections share: copies of their own, made when
 * they are first asked for.
 *
 * @module
 */

import type { Certificate } from "../../cert/certificate/certificate.ts";
import { keepCertificate, ownCertificate } from "../../cert/certificate/known_certificates.ts";
import { type TrustAnchor, trustAnchorOf } from "../../cert/verify/trust_anchor.ts";
import { SslError } from "../base/errors.ts";
import type { PeerAuthentication } from "../config/hooks.ts";

/**
 * Has `console.log` of Deno, Node and Bun show the values of an object's getters, and not that
 * there are some.
 */
export const SHOWN_WITH_VALUES: PropertyDescriptorMap = {
  [Symbol.for("nodejs.util.inspect.custom")]: {
    value(this: object) {
      return { ...this };
    },
  },
};

/** The application's copy of a chain, once there is one. */
interface Copy {
  chain: readonly Certificate[] | null;
}

/** By the array, which each connection has of its own. */
const COPIES = new WeakMap<readonly Certificate[], Copy>();

function copyOf(chain: readonly Certificate[]): Copy {
  let copy = COPIES.get(chain);
  if (copy === undefined) COPIES.set(chain, copy = { chain: null });
  return copy;
}

/** Returns the application's copy of a peer's chain; the same one each time, frozen. */
export function applicationChain(chain: readonly Certificate[]): readonly Certificate[] {
  return copyOf(chain).chain ??= Object.freeze(chain.map(ownCertificate));
}

/**
 * Keeps the certificates of a peer that has been authenticated.
 *
 * @returns The chain to keep, whose application's copy is the same.
 */
export function keepChain(chain: readonly Certificate[]): readonly Certificate[] {
  const kept = chain.map(keepCertificate);
  COPIES.set(kept, copyOf(chain));
  return kept;
}

/** The certificates of a peer that is to be authenticated. */
export type PeerCertificates = Pick<PeerAuthentication, "chain" | "trustAnchors">;

const SHARED = new WeakMap<PeerAuthentication, PeerCertificates>();

/**
 * Returns what a hook is called with. Its certificates are copies, which an `authCertificate` hook
 * that only passes them on does not cause to be made.
 */
export function forHook(peer: PeerAuthentication): PeerAuthentication {
  const { chain, trustAnchors } = peer;
  let anchors: readonly TrustAnchor[] | undefined;
  const own: PeerAuthentication = {
    ...peer,
    get chain() {
      return applicationChain(chain);
    },
    set chain(_) {
      refuseChange("chain");
    },
    get trustAnchors() {
      return trustAnchors && (anchors ??= Object.freeze(trustAnchors.map(ownAnchor)));
    },
    set trustAnchors(_) {
      refuseChange("trustAnchors");
    },
  };
  SHARED.set(own, { chain, trustAnchors });
  return Object.defineProperties(own, SHOWN_WITH_VALUES);
}

/** Returns a peer that no hook sees: what is in it needs neither copies nor checks. */
export function withoutHook(peer: PeerAuthentication): PeerAuthentication {
  const { chain, trustAnchors } = peer;
  SHARED.set(peer, { chain, trustAnchors });
  return peer;
}

/**
 * Returns the certificates that are behind those of a peer, to be verified in place of them;
 * `undefined` for an object that the application has made.
 */
export function sharedCertificates(peer: PeerAuthentication): PeerCertificates | undefined {
  return SHARED.get(peer);
}

/** A change that had no effect could be one that was to protect the application. */
function refuseChange(member: keyof PeerCertificates): never {
  throw new SslError(
    "SEC_ERROR_INVALID_ARGS",
    `Cannot change ${member} of the peer that a hook is called with: it is read-only; ` +
      `pass another object on, such as { ...peer, ${member}: [...] }`,
  );
}

function ownAnchor(anchor: TrustAnchor): TrustAnchor {
  const { certificate } = anchor;
  if (certificate === undefined) return anchor;
  const own = ownCertificate(certificate);
  return own === certificate ? anchor : trustAnchorOf(own);
}
