// What every page has, all of it optional: without any of this each link and form works the same.
import "./theme.js";
import "./copy.js";
import "./times.js";
import "./filter.js";
import "./keys.js";
import "./live.js";
