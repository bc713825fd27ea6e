// Copyright 2026 the NSS for Deno authors. MIT license.

import { errorFromAlert } from "../base/alerts.ts";
import type { RecordLimits } from "../handshake/limit_records.ts";
import type { HandshakeEvent, HandshakeOutput } from "../handshake/output.ts";
import type { RecordProtection } from "../record/cipher_spec.ts";
import { alertCode } from "../tables/alert_descriptions.ts";
import type { CommonState } from "./common_state.ts";
import type { MessageFilter } from "./engine_options.ts";
import type { KeyUpdates } from "./key_updates.ts";
import { completeHandshake, handshakeOf, isOpen, refuseRehandshake, seeHello } from "./phase.ts";
import {
  changeReadKeys,
  completeAuthentication,
  showCertificate,
  startRenegotiation,
} from "./rehandshake.ts";
import type { SessionTickets } from "./session_tickets.ts";

/** The number of records in the queue up to which a warning is added. */
const MAX_QUEUED_WARNINGS = 16;

/** The parts of an engine that a handshake acts on. */
interface Targets {
  readonly common: CommonState;
  readonly keyUpdates: KeyUpdates;
  readonly tickets: SessionTickets;
  readonly filter: MessageFilter | undefined;
}

/** The output through which the states act on the connection, as long as that is there. */
export class EngineOutput implements HandshakeOutput {
  readonly #targets: Targets;

  /** Creates the output of an engine. */
  constructor(targets: Targets) {
    this.#targets = targets;
  }

  /**
   * RFC 8446, Section 6.1: nothing follows a close_notify or a fatal alert, even if it was being
   * prepared before.
   */
  get #maySend(): boolean {
    const { phase } = this.#targets.common;
    return phase.kind !== "failed" && isOpen(phase, "writing");
  }

  sendMessage(message: Uint8Array<ArrayBuffer>): void {
    if (!this.#maySend) return;
    const { common: { read, write }, filter } = this.#targets;
    read.endFlight();
    if (filter === undefined) return write.writeHandshake(message);
    const body = message.subarray(4);
    for (const replaced of filter({ type: message[0]!, body, raw: message })) {
      write.writeHandshake(replaced);
    }
  }

  holdFlight(): void {
    if (this.#maySend) this.#targets.common.write.holdFlight();
  }

  sendFlight(): void {
    const { common } = this.#targets;
    common.write.sendFlight();
    common.onProgress();
  }

  sendChangeCipherSpec(): void {
    if (!this.#maySend) return;
    const { read, write } = this.#targets.common;
    read.endFlight();
    write.writeChangeCipherSpec();
  }

  limitRecords({ sent, received }: Partial<RecordLimits>): void {
    const { read, write } = this.#targets.common;
    if (sent !== undefined) write.recordSizeLimit = sent;
    if (received !== undefined) read.recordSizeLimit = received;
  }

  installReadSpec(spec: RecordProtection): void {
    const { common, keyUpdates } = this.#targets;
    common.read.install(spec);
    common.phase = changeReadKeys(common.phase);
    keyUpdates.peerKeyChanged();
  }

  installWriteSpec(spec: RecordProtection): void {
    this.#targets.common.write.install(spec);
  }

  emit(event: HandshakeEvent): void {
    handleEvent(event, this.#targets);
  }
}

function handleEvent(event: HandshakeEvent, { common, keyUpdates, tickets }: Targets): void {
  const { read, floods, alerts } = common;
  switch (event.kind) {
    case "hello":
      common.phase = seeHello(common.phase);
      return;
    case "skipEarlyData":
      return read.skipEarlyData(event.how, event.limit);
    case "writable":
      common.writesEarly = true;
      return common.onProgress();
    case "keyUpdate":
      return keyUpdates.receive(event.requestUpdate);
    case "newSessionTicket":
      tickets.received = true;
      return floods.countNewSessionTicket();
    case "checking":
      return common.addCheck(event.check);
    case "ignored":
      return floods.countEmptyRecord();
    case "declineRenegotiation":
      floods.countEmptyRecord();
      // RFC 5246, Section 7.2.2: a warning; the connection continues. A peer that reads none of
      // them gets no more, so that they do not fill the queue.
      if (isOpen(common.phase, "writing") && common.write.queued <= MAX_QUEUED_WARNINGS) {
        alerts.sendWarning("no_renegotiation");
      }
      return;
    case "renegotiation":
      if (event.byPeer) floods.countRenegotiation();
      common.phase = startRenegotiation(common.phase);
      return;
    case "renegotiationDeclined":
      common.phase = refuseRehandshake(
        common.phase,
        errorFromAlert(alertCode("no_renegotiation")),
      );
      return common.onProgress();
    case "reauthenticated":
      common.phase = completeAuthentication(common.phase, event.negotiated);
      return;
    case "shown":
      common.phase = showCertificate(common.phase, event.negotiated);
      return;
    case "connected": {
      const isFirst = handshakeOf(common.phase) === null;
      common.phase = completeHandshake(common.phase, event);
      if (!isFirst) common.onProgress();
      floods.resetEmptyRecords();
      tickets.expect(event.tickets);
    }
  }
}
