// The frame around the pages.

import {ask} from "./api.js";
import {useAnswer} from "./asking.js";
import {followLinks, useAddress} from "./address.js";
import {useConnection} from "./connection.js";
import {Absent, Empty, Trouble, Waiting} from "./messages.js";
import {Now} from "./now.js";
import {useSession} from "./session.js";
import {Again, NoRole, SignedIn, Welcome, Who} from "./signing.js";
import {html, render, useEffect, useState} from "./view.js";

const LATER_MS = 1000; // after the first page, so that the others are there when they are asked for

const later = (fetched, name) => () => fetched().then(
  (module) => module[name],
  () => Promise.reject(new Error("This page could not be loaded: load it again once the service answers.")),
);

const PAGES = [
  {path: "/", name: "Now", load: async () => Now, isListed: true},
  {path: "/profiles", name: "Profiles", load: later(() => import("./profiles.js"), "Profiles"), isListed: true},
  {path: "/experiments", name: "Experiments", load: later(() => import("./experiments.js"), "Experiments"), isListed: true},
  {path: "/releases", name: "Releases", load: later(() => import("./releases.js"), "Releases"), isListed: true},
  {path: "/watch", name: "Watch", load: later(() => import("./watch.js"), "Watch"), isListed: true},
  {path: "/audit", name: "Audit", load: later(() => import("./audit.js"), "Audit"), isListed: true},
  {path: "/settings", name: "Settings", load: later(() => import("./settings.js"), "Settings"), isListed: true},
  {path: "/edit", name: "Change", load: later(() => import("./edit.js"), "Edit")},
  {path: "/history", name: "History", load: later(() => import("./history.js"), "History")},
  {path: "/signed-in", name: "Signed in", page: SignedIn, isForAll: true},
];

function Console() {
  const {path, query} = useAddress();
  const found = PAGES.find((one) => one.path === path);
  const {session, problem, isLapsed} = useSession();
  const connection = useConnection();
  useEffect(() => void (document.title = found ? `${found.name} · Varve` : "Varve"), [found]);
  return html`
    <a class="skip" href="#page">Skip to the page</a>
    <header class="frame">
      <a class="brand" href="/"><img src="/console/icon.svg" alt="" width="24" height="24" /> Varve</a>
      <nav aria-label="Pages">
        ${PAGES.filter(({isListed}) => isListed).map((one) => html`<a href=${one.path} aria-current=${one === found ? "page" : undefined}>${one.name}</a>`)}
        <a href="/docs" target="_self">API</a>
      </nav>
      <${Who} session=${session} />
      <${Theme} />
    </header>
    ${session?.mode === "open" && html`<p class="open-to-all">Open to everybody on this machine: nobody is asked for a key${session.read_only ? "" : ", and all may change everything"}.</p>`}
    ${session?.read_only && html`<p class="read-only">This server takes no changes: it was started with VARVE_READ_ONLY. Everything can be looked at, and nothing else is offered.</p>`}
    <${Absent} ...${connection} />
    <main id="page" tabindex="-1" class=${connection.since ? "is-old" : ""}>
      ${session ? html`<${Page} ...${{session, found, query}} />` : problem ? html`<${Trouble} problem=${problem} />` : html`<${Waiting} />`}
    </main>
    ${isLapsed && html`<${Again} session=${session} />`}`;
}

function Page({session, found, query}) {
  if (!found) return html`<${Empty} title="There is no such page"><p><a href="/">What is in force now</a></p><//>`;
  if (found.isForAll) return html`<${found.page} session=${session} />`;
  if (session.mode !== "open" && !session.principal) return html`<${Welcome} session=${session} />`;
  if (session.principal && !Object.keys(session.principal.roles).length) return html`<${NoRole} name=${session.principal.name} />`;
  return html`<${Installation} found=${found} query=${query} />`;
}

/** A page, once it is known which environments there are. */
function Installation({found, query}) {
  const {data, problem} = useAnswer((signal) => ask("/api/environments", {signal}), []);
  useEffect(() => void setTimeout(() => PAGES.forEach(({load}) => load?.().catch(() => null)), LATER_MS), []);
  if (!data) return problem ? html`<${Trouble} problem=${problem} />` : html`<${Waiting} />`;
  return html`<${Loaded} key=${found.path} ...${{load: found.load, query, environments: data.data.items.map(({name}) => name)}} />`;
}

/** A page, once its modules are there. */
function Loaded({load, ...given}) {
  const {data: page, problem} = useAnswer(load, []);
  if (!page) return problem ? html`<${Trouble} problem=${problem} />` : html`<${Waiting} />`;
  return html`<${page} ...${given} />`;
}

function Theme() {
  const [theme, setTheme] = useState(localStorage.getItem("varve.theme") ?? "");
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem("varve.theme", theme);
  }, [theme]);
  const choices = {"": "system", light: "light", dark: "dark"};
  return html`
    <label class="theme"><span class="unseen">Colours</span>
      <select value=${theme} onChange=${(event) => setTheme(event.target.value)}>
        ${Object.entries(choices).map(([value, text]) => html`<option value=${value} selected=${value === theme}>${text}</option>`)}
      </select>
    </label>`;
}

followLinks((path) => PAGES.some((one) => one.path === path));
const place = document.getElementById("console");
place.replaceChildren();
render(html`<${Console} />`, place);
