"""The program that runs people's code in their own interpreter: standard library only, Python 3.9.

It is started by path, `python .../freshline/worker/__main__.py FD [SETTINGS]`, by whatever
interpreter a location has; nothing has to be installed there. `import freshline` gives user code
the SDK (`freshline.sdk`) and nothing else of Freshline. FD is one end of a socket pair. SETTINGS is
a JSON object, all of it optional: {parent: the process to die with, memory, files, file_size:
limits}; it counts before anything is loaded. At the end of FD the worker ends, its children too.

A frame is four bytes, its length as an unsigned big-endian number, and a JSON object in UTF-8 of at
most 8 MiB. Each has a `kind`. Names and shapes are those of `freshline.calls`, field by field;
named tuples are lists. What a reader does not know it passes over, what is missing has its default.

    down  load      a Load, with `path`: the folders to put before sys.path, location first
          call      a Call, with `path` as above; `limits` have been set by whoever started it
          cancel    {call}: raise Cancelled in the main thread
    up    ready     {protocol: 1, python, executable, pid}
          told      {file: ToldFile}, one for each file and function that was asked for
          loaded    {}, after the last of them
          line      {call, line: Line}
          returned  {call, returned: Returned}
          failed    {call, raised: Raised}; `cancelled` is true where a cancel was the cause
          state     {call, threads, names, children, rss, files}: what a call left behind, after its
                    end: how many threads and processes more than before, and bytes of memory in
                    all; `files` are those of the project's that were imported since
                    the last one, each as [path, nanosecond of its last change, size, inode]

The version that a source observer returned is the text `version` of Returned.metadata. Files of
frames that are the project's are relative to its root.

Standard output and standard error are pipes of the supervisor's. A JSON line of Format.ROWS is an
object; null, booleans, numbers, texts, lists and objects are themselves, dates and times are ISO
texts, decimals are texts, bytes are base64, each as the column's DuckDB type says.
"""
