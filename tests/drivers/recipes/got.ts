import got from "npm:got@16.1.0";
import { type AgentOptions, createAgent } from "@nss/nss/http";

export const openGot = (options: AgentOptions) =>
  got.extend({ agent: { https: createAgent(options) } });
