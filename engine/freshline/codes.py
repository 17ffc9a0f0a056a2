"""Every diagnostic code with its title: codes are stable, people quote them to each other.

E1xx how things are written, E2xx what the SQL says, E3xx what is read, W5xx worth knowing.
"""

from collections.abc import Mapping

CODES: Mapping[str, str] = {
    "E101": "a file that cannot be read",
    "E102": "unknown key",
    "E103": "not a key",
    "E104": "not available in this version",
    "E105": "not the value that belongs here",
    "E106": "an asset without SQL",
    "E107": "unknown storage",
    "E108": "not YAML",
    "E109": "given twice",
    "E110": "declared twice",
    "E111": "names that collide",
    "E112": "broken front matter",
    "E113": "misplaced reference",
    "E114": "unknown variable",
    "E115": "a variable without a value",
    "E116": "something that is required is missing",
    "E120": "more problems than are shown",
    "E201": "SQL that does not parse",
    "E202": "not one SELECT",
    "E203": "unknown upstream",
    "E204": "unknown column",
    "E205": "SQL that does not bind",
    "E206": "dependency cycle",
    "E207": "declared column does not match",
    "E208": "upstream is set aside",
    "E209": "output columns collide",
    "E301": "a source without files",
    "E302": "a format that cannot be told",
    "E310": "undeclared input",
    "W501": "unknown owner",
    "W510": "code that the analysis cannot see into",
}
