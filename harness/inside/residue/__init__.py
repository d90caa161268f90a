"""What a request leaves in its process, seen from the outermost wrapper, whatever the framework.

``watch`` puts it together; ``slots`` looks at ContextVars and thread-locals, ``pool`` at threads of pools,
``resources`` at threads, files and sockets, ``heap`` at everything that is still there when all is quiet,
``routes`` at who refers to it and ``caches`` at whether that is a bounded cache. No value ever leaves here.
"""
