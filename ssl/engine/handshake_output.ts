// Copyright 2026 the NSS for Deno authors. MIT license.

import { errorFromAlert } from "../base/alerts.ts";
import type { HandshakeEvent, HandshakeOutput } from "../handshake/output.ts";
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

/** Returns the output through which the states act on the connection. */
export function handshakeOutput(targets: Targets): HandshakeOutput {
  const { common, keyUpdates, filter } = targets;
  const { read, write } = common;
  // RFC 8446, Section 6.1: nothing follows a close_notify or a fatal alert, even if it was being
  // prepared before.
  const maySend = () => common.phase.kind !== "failed" && isOpen(common.phase, "writing");
  return {
    sendMessage(message) {
      if (!maySend()) return;
      read.endFlight();
      if (filter === undefined) return write.writeHandshake(message);
      const body = message.subarray(4);
      for (const replaced of filter({ type: message[0]!, body, raw: message })) {
        write.writeHandshake(replaced);
      }
    },
    holdFlight() {
      if (maySend()) write.holdFlight();
    },
    sendFlight() {
      write.sendFlight();
      common.onProgress();
    },
    sendChangeCipherSpec() {
      if (!maySend()) return;
      read.endFlight();
      write.writeChangeCipherSpec();
    },
    limitRecords({ sent = write.recordSizeLimit, received = read.recordSizeLimit }) {
      write.recordSizeLimit = sent;
      read.recordSizeLimit = received;
    },
    installReadSpec(spec) {
      read.install(spec);
      common.phase = changeReadKeys(common.phase);
      keyUpdates.peerKeyChanged();
    },
    installWriteSpec(spec) {
      write.install(spec);
    },
    emit(event) {
      handleEvent(event, targets);
    },
  };
}

function handleEvent(event: HandshakeEvent, { common, keyUpdates, tickets }: Targets): void {
  const { read, floods, alerts } = common;
  switch (event.kind) {
    case "hello":
      common.phase = seeHello(common.phase);
      return;
    case "skipEarlyData":
      return read.skipEarlyData(event.how);
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
