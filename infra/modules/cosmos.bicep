// Cosmos DB for NoSQL, serverless: the file records and the reports.

@description('Name of the account: lower-case letters, digits and hyphens.')
@minLength(3)
@maxLength(44)
param accountName string

@description('Azure region. The account has no other.')
param location string

@description('Tags for the account.')
param tags object

@description('Copies in several availability zones. It can only be chosen when the account is made.')
param zoneRedundant bool

@description('Reached through private endpoints only.')
param privateNetworking bool

var databaseName = 'pipeline'

resource account 'Microsoft.DocumentDB/databaseAccounts@2025-04-15' = {
  // checkov:skip=CKV_AZURE_101:disabled where privateNetworking is chosen
  name: accountName
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    capabilities: [
      {
        name: 'EnableServerless'
      }
    ]
    // A refresh merges what the records say, so a read must never be older than the last write.
    consistencyPolicy: {
      defaultConsistencyLevel: 'Strong'
    }
    locations: [
      {
        locationName: location
        failoverPriority: 0
        isZoneRedundant: zoneRedundant
      }
    ]
    enableMultipleWriteLocations: false
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled'
    backupPolicy: {
      type: 'Continuous'
      continuousModeProperties: {
        tier: 'Continuous7Days'
      }
    }
  }
}

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2025-04-15' = {
  parent: account
  name: databaseName
  properties: {
    resource: {
      id: databaseName
    }
  }
}

resource files 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2025-04-15' = {
  parent: database
  name: 'files'
  properties: {
    resource: {
      id: 'files'
      partitionKey: {
        kind: 'Hash'
        version: 2
        paths: [
          '/pk'
        ]
      }
      // Exactly what the queries of shared/stores/file_records.py filter and sort by; an index on more would be paid
      // with every write and used by no read. Azure indexes the ids by itself. No ORDER BY has two keys: no composite index.
      indexingPolicy: {
        indexingMode: 'consistent'
        automatic: true
        includedPaths: [
          {
            path: '/isStale/?'
          }
          {
            path: '/newest/?'
          }
          {
            path: '/pk/?'
          }
          {
            path: '/shares/[]/?'
          }
          {
            path: '/status/?'
          }
        ]
        excludedPaths: [
          {
            path: '/*'
          }
        ]
      }
    }
  }
}

resource reports 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2025-04-15' = {
  parent: database
  name: 'reports'
  properties: {
    resource: {
      id: 'reports'
      partitionKey: {
        kind: 'Hash'
        version: 2
        paths: [
          '/pk'
        ]
      }
      // Exactly what the queries of shared/stores/report_documents.py filter and sort by. The groups are most of a report,
      // up to nearly 2 MB, and no query looks into them: indexing them would be most of what a write costs.
      indexingPolicy: {
        indexingMode: 'consistent'
        automatic: true
        includedPaths: [
          {
            path: '/pageOf/?'
          }
          {
            path: '/pk/?'
          }
          {
            path: '/rows/?'
          }
          {
            path: '/version/?'
          }
        ]
        excludedPaths: [
          {
            path: '/*'
          }
        ]
      }
    }
  }
}

@description('Name of the Cosmos DB account.')
output accountName string = account.name

@description('Id of the Cosmos DB account.')
output accountId string = account.id

@description('Name of the database.')
output databaseName string = database.name
