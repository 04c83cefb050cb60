// The frame around the pages.

import {actor, ask} from "./api.js";
import {followLinks, useAddress} from "./address.js";
import {Audit} from "./audit.js";
import {Edit} from "./edit.js";
import {Experiments} from "./experiments.js";
import {History} from "./history.js";
import {Empty, Trouble, Waiting} from "./messages.js";
import {Now} from "./now.js";
import {Profiles} from "./profiles.js";
import {Settings} from "./settings.js";
import {html, render, useEffect, useState} from "./view.js";

const PAGES = [
  {path: "/", name: "Now", page: Now, isListed: true},
  {path: "/profiles", name: "Profiles", page: Profiles, isListed: true},
  {path: "/experiments", name: "Experiments", page: Experiments, isListed: true},
  {path: "/audit", name: "Audit", page: Audit, isListed: true},
  {path: "/settings", name: "Settings", page: Settings, isListed: true},
  {path: "/edit", name: "Change", page: Edit},
  {path: "/history", name: "History", page: History},
];

function Console() {
  const {path, query} = useAddress();
  const found = PAGES.find((one) => one.path === path);
  const installation = useInstallation();
  useEffect(() => void (document.title = found ? `${found.name} · Varve` : "Varve"), [found]);
  return html`
    <a class="skip" href="#page">Skip to the page</a>
    <header class="frame">
      <a class="brand" href="/"><img src="/console/icon.svg" alt="" width="24" height="24" /> Varve</a>
      <nav aria-label="Pages">
        ${PAGES.filter(({isListed}) => isListed).map((one) => html`<a href=${one.path} aria-current=${one === found ? "page" : undefined}>${one.name}</a>`)}
        <a href="/docs" target="_self">API</a>
      </nav>
      <${Actor} />
      <${Theme} />
    </header>
    <main id="page" tabindex="-1">
      <${Trouble} problem=${installation.problem} />
      ${!installation.environments && !installation.problem && html`<${Waiting} />`}
      ${installation.environments && found && html`<${found.page} query=${query} environments=${installation.environments} />`}
      ${!found && html`<${Empty} title="There is no such page"><p><a href="/">What is in force now</a></p><//>`}
    </main>`;
}

function useInstallation() {
  const [known, setKnown] = useState({environments: null, problem: null});
  useEffect(() => {
    ask("/api/environments").then(
      ({data}) => setKnown({environments: data.items.map(({name}) => name), problem: null}),
      (problem) => setKnown({environments: null, problem}),
    );
  }, []);
  return known;
}

function Actor() {
  const [name, setName] = useState(actor.get());
  const keep = (event) => (actor.set(event.target.value.trim()), setName(event.target.value.trim()));
  return html`
    <label class="actor" title="This service asks for no key: it believes who you say you are.">You are
      <input value=${name} placeholder="anonymous" autocomplete="name" onChange=${keep} />
    </label>`;
}

function Theme() {
  const [theme, setTheme] = useState(localStorage.getItem("varve.theme") ?? "");
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem("varve.theme", theme);
  }, [theme]);
  const choices = {"": "as the system", light: "light", dark: "dark"};
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
