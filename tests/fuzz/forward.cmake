waypost_fuzz(upstream_message_fuzz SOURCES ${CMAKE_CURRENT_LIST_DIR}/upstream_message_fuzz.cc
             SEES model telemetry zone view dns forward CORPUS ${CMAKE_CURRENT_LIST_DIR}/corpus/upstream_message)
