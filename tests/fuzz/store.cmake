waypost_fuzz(stored_record_fuzz SOURCES ${CMAKE_CURRENT_LIST_DIR}/stored_record_fuzz.cc SEES model store
             CORPUS ${CMAKE_CURRENT_LIST_DIR}/corpus/stored_record)
