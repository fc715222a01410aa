"""Every message about a schema, word for word Prisma's, with a line of ours where one helps.

`{gaps}` are filled in by the checks. They stand here together so that they can be read and
compared as a whole: a check names its text and says nothing itself.
"""

from forebay.schema.texts.attributes import *  # noqa: F403
from forebay.schema.texts.columns import *  # noqa: F403
from forebay.schema.texts.configuration import *  # noqa: F403
from forebay.schema.texts.models import *  # noqa: F403
from forebay.schema.texts.relations import *  # noqa: F403
from forebay.schema.texts.written import *  # noqa: F403
