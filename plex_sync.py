"""PlexSync's front door: Stash, a person or the plugin itself starts it. See entry/."""

import sys

if __name__ == "__main__":
    try:
        # A hook is started for each save, and is to load nothing that it doesn't need.
        if sys.argv[1:] == ["hook"]:
            from entry.hook import main
        # A worker that rests is to be small.
        elif sys.argv[1:2] in (["watch"], ["ask"]):
            from rest.watch import main
        else:
            import atexit
            import gc

            # What is loaded is no garbage, and to look for some takes a quarter of a short task, at
            # its end as well. `install.ensure` switches it on again for what isn't short.
            gc.disable()
            atexit.register(gc.freeze)
            from entry.main import main
    except Exception as error:  # noqa: BLE001 - nothing of ours may be there to log it
        # While Stash replaces our files. It would log every line of a traceback as an error.
        why = ascii(f"{error} ({type(error).__name__})").replace("\\", "/").replace('"', "'")
        sys.stdout.write(
            f'{{"error": "PlexSync cannot be loaded: {why}. If it is not being updated just now, '
            "install the plugin again or, if a part of Python is missing, set another Python in "
            'Stash. A change may not be stored: run the task that syncs all scenes afterwards."}\n'
        )
        sys.exit(1)
    sys.exit(main(sys.argv[1:]))
