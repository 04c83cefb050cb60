// A question before something is done: it says what will be done, and asks why.

import {Trouble} from "./messages.js";
import {html, useEffect, useRef, useState} from "./view.js";

/**
 * @param {{title: unknown, act: string, onAct: (reason: string | null, said: FormData) => Promise<unknown>, onClose: () => void, children?: unknown,
 *   asksReason?: boolean, demand?: string | null}} props `act` names what the button does, `demand` what is wanted of the reason
 */
export function Dialog({title, act, onAct, onClose, children, asksReason = true, demand = null}) {
  const dialog = useRef(null);
  const [state, setState] = useState({busy: false, problem: null});
  useEffect(() => {
    dialog.current.showModal();
  }, []);
  const submit = async (event) => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    setState({busy: true, problem: null});
    try {
      await onAct(said.get("reason")?.trim() || null, said);
      // Closed rather than taken away: then the browser gives the focus back.
      if (dialog.current) dialog.current.close();
      else onClose();
    } catch (problem) {
      setState({busy: false, problem});
    }
  };
  return html`
    <dialog ref=${dialog} onClose=${onClose} aria-labelledby="dialog-title">
      <form onSubmit=${submit}>
        <h2 id="dialog-title">${title}</h2>
        ${children}
        ${asksReason && html`<label class="reason-field">Why <input name="reason" autocomplete="off" maxlength="1000" required=${Boolean(demand)} />${demand && html`<small class="quiet">${demand}</small>`}</label>`}
        <${Trouble} problem=${state.problem} />
        <p class="acts">
          <button type="button" onClick=${() => dialog.current.close()}>Cancel</button>
          <button type="submit" class="main" disabled=${state.busy}>${act}</button>
        </p>
      </form>
    </dialog>`;
}
