"""Where the tests find what they compare with."""

from pathlib import Path

CLIENT = Path(__file__).resolve().parent.parent
REPOSITORY = CLIENT.parent.parent
DOCUMENT = REPOSITORY / "gateway" / "openapi.json"
CODES = REPOSITORY / "crates" / "contract" / "src" / "code.rs"
