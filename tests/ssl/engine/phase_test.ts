// Copyright 2026 the NSS for Deno authors. MIT license.

/** Each phase of a connection, and where each event leads from there. @module */

import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { SslError } from "../../../ssl/base/errors.ts";
import { handshakeLeft } from "./_connected_phase.ts";
import {
  type Closed,
  closeReading,
  closeWriting,
  completeHandshake,
  type Connected,
  fail,
  handshakeOf,
  isHandshaking,
  isOpen,
  isRenegotiating,
  type LivePhase,
  NOT_CONNECTED,
  type Phase,
  refuseRehandshake,
  type Rehandshaking,
  requireHandshake,
  seeHello,
  takesApplicationData,
} from "../../../ssl/engine/phase.ts";
import {
  changeReadKeys,
  completeAuthentication,
  giveUpRehandshake,
  requestRehandshake,
  showCertificate,
  startRenegotiation,
} from "../../../ssl/engine/rehandshake.ts";

const OLD = handshakeLeft("old.test");
const NEW = handshakeLeft("new.test");
const ERROR = new SslError("PR_END_OF_FILE_ERROR", "Cannot go on");
const CONNECTED: Connected = {
  ...OLD,
  kind: "connected",
  open: "both",
  unreportedAuthentication: false,
};
const READING: Connected = { ...CONNECTED, open: "reading" };
const WRITING: Connected = { ...CONNECTED, open: "writing" };
const CLOSED: Closed = { ...OLD, kind: "closed", unreportedAuthentication: false };

function requested(): Rehandshaking {
  return requestRehandshake(CONNECTED);
}

function renegotiating(): Rehandshaking {
  return { ...requested(), step: "renegotiating" };
}

/** One of each kind, new each time. */
function live(): Record<string, LivePhase> {
  return {
    "not connected": NOT_CONNECTED,
    handshaking: { ...NOT_CONNECTED, helloSeen: true },
    connected: CONNECTED,
    "connected, reading": READING,
    "connected, writing": WRITING,
    requested: requested(),
    renegotiating: renegotiating(),
    "finished due": { ...requested(), step: "finished due" },
    closed: CLOSED,
  };
}

/** The names of the phases of which something is true; it must be true after a failure, too. */
function namesWhere(test: (phase: Phase) => boolean): string[] {
  const phases = Object.entries(live());
  for (const [name, phase] of phases) {
    assertEquals(test(fail(phase, ERROR)), test(phase), `${name}, failed`);
  }
  return phases.filter(([, phase]) => test(phase)).map(([name]) => name);
}

function errorOf(action: () => unknown): string {
  return assertThrows(action, SslError).name;
}

Deno.test("a phase tells what holds in it, and what held before it failed", () => {
  const connected = ["connected", "connected, reading", "connected, writing"];
  const renegotiations = ["renegotiating", "finished due"];
  assertEquals(
    namesWhere((phase) => handshakeOf(phase) !== null),
    [...connected, "requested", ...renegotiations, "closed"],
  );
  assertEquals(namesWhere(isRenegotiating), renegotiations);
  assertEquals(namesWhere(isHandshaking), ["not connected", "handshaking", ...renegotiations]);
  assertEquals(
    namesWhere(takesApplicationData),
    [...connected, "requested", "renegotiating", "closed"],
  );
  const closed = (direction: "reading" | "writing") =>
    namesWhere((phase) => !isOpen(phase, direction));
  assertEquals(closed("reading"), ["connected, writing", "closed"]);
  assertEquals(closed("writing"), ["connected, reading", "closed"]);
});

Deno.test("requireHandshake() says what it is too early for", () => {
  assertStrictEquals(requireHandshake(CONNECTED, "sign"), CONNECTED);
  const error = assertThrows(() => requireHandshake(NOT_CONNECTED, "sign"), SslError);
  assertEquals(
    [error.name, error.message],
    ["SSL_ERROR_HANDSHAKE_NOT_COMPLETED", "Cannot sign: the handshake is not complete"],
  );
});

Deno.test("seeHello() counts in the first handshake only", () => {
  assertEquals(seeHello(NOT_CONNECTED), { ...NOT_CONNECTED, helloSeen: true });
  for (const phase of [...Object.values(live()).slice(1), fail(NOT_CONNECTED, ERROR)]) {
    assertEquals(seeHello(phase), phase);
  }
});

Deno.test("completeHandshake() has the new keys and what was negotiated, and what was closed stays closed", async () => {
  assertEquals(completeHandshake(NOT_CONNECTED, NEW), { ...CONNECTED, ...NEW });
  const closing: LivePhase = { ...NOT_CONNECTED, open: "reading" };
  assertEquals(completeHandshake(closing, NEW), { ...READING, ...NEW });
  const again = renegotiating();
  assertEquals(completeHandshake({ ...again, open: "reading" }, NEW), { ...READING, ...NEW });
  await again.done.promise;
  const failed = fail(NOT_CONNECTED, ERROR);
  assertStrictEquals(completeHandshake(failed, NEW), failed);
});

Deno.test("closeReading() ends what has no end without the peer", () => {
  for (const name of ["not connected", "handshaking", "renegotiating", "finished due"]) {
    const phase = live()[name]!;
    assertStrictEquals(assertThrows(() => closeReading(phase, ERROR)), ERROR, name);
    assertStrictEquals(assertThrows(() => closeReading(fail(phase, ERROR), ERROR)), ERROR, name);
  }
});

Deno.test("closeReading() and closeWriting() close one direction each, and both the connection", () => {
  assertEquals(closeReading(CONNECTED, ERROR), WRITING);
  assertEquals(closeReading(WRITING, ERROR), WRITING);
  assertEquals(closeReading(READING, ERROR), CLOSED);
  assertEquals(closeWriting(CONNECTED), READING);
  assertEquals(closeWriting(READING), READING);
  assertEquals(closeWriting(WRITING), CLOSED);
  assertStrictEquals(closeReading(CLOSED, ERROR), CLOSED);
  assertStrictEquals(closeWriting(CLOSED), CLOSED);
  assertEquals(closeWriting(NOT_CONNECTED), { ...NOT_CONNECTED, open: "reading" });
  const phase = requested();
  assertEquals(closeWriting(phase), { ...phase, open: "reading" });
});

Deno.test("closeReading() refuses a rehandshake that the peer has not begun", async () => {
  const own = requested();
  assertEquals(closeReading(own, ERROR), WRITING);
  assertStrictEquals(await assertRejects(() => own.done.promise), ERROR);
  assertEquals(closeReading({ ...requested(), open: "reading" }, ERROR), CLOSED);
});

Deno.test("closeReading() after a failure keeps the failure", () => {
  assertEquals(closeReading(fail(CONNECTED, ERROR), ERROR), fail(WRITING, ERROR));
});

Deno.test("fail() refuses what is under way, and remembers what was", async () => {
  const phase = renegotiating();
  assertEquals(fail(phase, ERROR), { kind: "failed", error: ERROR, before: phase });
  assertStrictEquals(await assertRejects(() => phase.done.promise), ERROR);
});

Deno.test("requestRehandshake() needs a connection that is open both ways, and no other request", () => {
  const { done: _, ...rest } = requested();
  assertEquals(rest, { ...CONNECTED, kind: "rehandshaking", open: "both", step: "requested" });
  const errors = Object.fromEntries(
    Object.entries(live()).filter(([name]) => name !== "connected").map(([name, phase]) =>
      [name, errorOf(() => requestRehandshake(phase))] as const
    ),
  );
  const [incomplete, shutdown] = [
    "SSL_ERROR_HANDSHAKE_NOT_COMPLETED",
    "PR_SOCKET_SHUTDOWN_ERROR",
  ];
  assertEquals(errors, {
    "not connected": incomplete,
    handshaking: incomplete,
    "connected, reading": shutdown,
    "connected, writing": shutdown,
    requested: incomplete,
    renegotiating: incomplete,
    "finished due": incomplete,
    closed: shutdown,
  });
  assertEquals(errorOf(() => requestRehandshake(fail(CONNECTED, ERROR))), ERROR.name);
});

Deno.test("startRenegotiation() goes on with a request, and begins without one", () => {
  const own = requested();
  assertEquals(startRenegotiation(own), { ...own, step: "renegotiating" });
  for (const open of ["both", "reading"] as const) {
    const begun = startRenegotiation({ ...CONNECTED, open });
    assertEquals([isRenegotiating(begun), isOpen(begun, "writing")], [true, open === "both"]);
    assertStrictEquals(handshakeOf(begun)?.keys, OLD.keys);
  }
  for (const phase of [WRITING, CLOSED]) {
    assertEquals(errorOf(() => startRenegotiation(phase)), "PR_SOCKET_SHUTDOWN_ERROR");
  }
});

Deno.test("changeReadKeys() has the peer's Finished due in a renegotiation, and nowhere else", () => {
  for (const [name, phase] of Object.entries(live())) {
    if (name !== "renegotiating") assertEquals(changeReadKeys(phase), phase, name);
  }
  const phase = renegotiating();
  assertEquals(changeReadKeys(phase), { ...phase, step: "finished due" });
});

Deno.test("giveUpRehandshake() gives up what the peer has not begun", async () => {
  const own = requested();
  assertEquals(giveUpRehandshake(own, ERROR), CONNECTED);
  assertStrictEquals(await assertRejects(() => own.done.promise), ERROR);
  for (const phase of [renegotiating(), CONNECTED, CLOSED, NOT_CONNECTED]) {
    assertStrictEquals(giveUpRehandshake(phase, ERROR), phase);
  }
});

Deno.test("refuseRehandshake() goes back, however far it is", async () => {
  for (const phase of [requested(), renegotiating()]) {
    assertEquals(refuseRehandshake({ ...phase, open: "reading" }, ERROR), READING);
    assertStrictEquals(await assertRejects(() => phase.done.promise), ERROR);
  }
  assertStrictEquals(refuseRehandshake(CONNECTED, ERROR), CONNECTED);
});

Deno.test("completeAuthentication() is unreported where nobody waits for it", async () => {
  const { negotiated } = NEW;
  const reported = { ...CONNECTED, negotiated };
  const unreported = { ...reported, unreportedAuthentication: true };
  const own = requested();
  assertEquals(completeAuthentication(own, negotiated), reported);
  await own.done.promise;
  const late = completeAuthentication(giveUpRehandshake(requested(), ERROR), negotiated);
  assertEquals(late, unreported);
  // It stays so until it is told, whatever comes between.
  const closed = closeReading(closeWriting(unreported), ERROR);
  assertEquals(closed, { ...CLOSED, negotiated, unreportedAuthentication: true });
  const again = requestRehandshake(unreported);
  assertEquals(giveUpRehandshake(again, ERROR), unreported);
  assertEquals(completeAuthentication(requestRehandshake(unreported), negotiated), reported);
});

Deno.test("showCertificate() is of a connection that is up", () => {
  const { negotiated } = NEW;
  for (const [name, phase] of Object.entries(live())) {
    const isUp = handshakeOf(phase) !== null;
    const expected = isUp ? { ...phase, negotiated } : phase;
    assertEquals(showCertificate(phase, negotiated), expected, name);
  }
});
