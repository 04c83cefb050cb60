// The log proves itself: every row is read again, and held against what the operator keeps elsewhere.

import {Act, Button} from "./acts.js";
import {ask, saved} from "./api.js";
import {may} from "./session.js";
import {html, useRef, useState} from "./view.js";
import {counted} from "./words.js";

const VERDICT = {verified: "Verified", altered: "Altered", cannot_verify: "Cannot be verified"};
const CLASS = {verified: "done", altered: "trouble"};

/** Take home the path from an event to the root of the log. */
export function provenBy(position) {
  return saved(`/api/audits/proof/${position}`, `varve-proof-${position}.json`);
}

export function Proof() {
  const [found, setFound] = useState(null);
  const [checkpoint, key] = [useRef(null), useRef(null)];
  const verify = async (said) => {
    setFound(null);
    const text = (name) => (said.get(name).trim() ? said.get(name) : null);
    setFound((await ask("/api/audits/verify", {method: "POST", body: {checkpoint: text("checkpoint"), key: text("key")}})).data);
  };
  const take = async (event) => {
    const told = JSON.parse(await event.target.files[0].text());
    [checkpoint.current.value, key.current.value] = [told.checkpoint, told.public_key];
  };
  const download = html`<${Button} act=${() => saved("/api/audits/checkpoint", "varve-checkpoint.json")}>Download a checkpoint<//>`;
  if (!may("service.operate")) return html`<section class="panel"><h2>A checkpoint</h2><p class="quiet">It holds the log's size and root as they are now, signed. Keep it where the log is not.</p>${download}</section>`;
  return html`
    <${Act} title="Verify the log" act="Verify" send=${verify} keeps=${true} beside=${download}>
      <p class="quiet">Reads every row again. What was changed behind the service's back is found by a checkpoint that you hold elsewhere.</p>
      <label>A checkpoint that was downloaded <input type="file" accept=".json" onChange=${take} /></label>
      <label>Or its note <textarea name="checkpoint" ref=${checkpoint} rows="3" class="value" spellcheck=${false}></textarea></label>
      <label>The log's public key <textarea name="key" ref=${key} rows="2" class="value" spellcheck=${false}></textarea></label>
      ${found && html`
        <p role="status" class=${CLASS[found.verdict] ?? "notice"}>${VERDICT[found.verdict] ?? found.verdict}: ${found.reason}</p>
        <p class="quiet">${counted(found.events, "event")}; ${found.unanchored.toLocaleString()} beyond the checkpoint${found.first_bad === null ? "" : `; the first bad position is ${found.first_bad}`}.</p>`}
    <//>`;
}
