// What a page can write; checked by the compiler, and never run.

import { close, forget, identify, load, on, open, set, track } from "nabz";

load("https://feedback.acme.com/acme/nabz.js");
identify("u_42", { plan: "pro", orders: 3, staff: false }, "5bdc…");
set({ locale: "fa", storage: "none" });
track("order_completed", { total: 12 });
close();

const stop: () => void = on("completed", ({ survey, answers }) => {
  const first: string = answers[0]?.comment ?? survey;
  return first;
});
stop();

document.addEventListener("nabz:dismissed", (event) => event.detail.survey.length);

const shown: Promise<boolean> = open("checkout");
const gone: Promise<boolean> = forget();
Promise.all([shown, gone]);

// @ts-expect-error there is no such state
on("closed", () => {});
// @ts-expect-error an attribute is no list
identify("u_42", { tags: ["a"] });
// @ts-expect-error a survey is named by its id
open(7);
