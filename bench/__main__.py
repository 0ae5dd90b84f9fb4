"""``python -m bench``; a job of the workflow is handed to a preloaded server, before anything that takes time is imported."""

import sys

from bench.jobs.thin import code_of_fork

if __name__ == "__main__":
    code = code_of_fork(sys.argv[1:])
    if code is not None:
        sys.exit(code)
    from bench.cli.app import main

    main()
